"""An axial T2 scene of the male pelvis, drawn as numbers and rendered from them: gland, bladder, rectum, muscles, bone.

Coordinates are millimetres around the middle of the gland: x to the patient's left, y to the back, z to the head.
Sizes follow textbook anatomy loosely; the purpose is a task with the difficulties of the real one (weak and varying
contrast, neighbours that look alike, apex and base that fade out), not a simulation of the physics.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

Array = np.ndarray


@dataclass(frozen=True)
class Centre:
    """How one hospital's scanner shows the same anatomy.

    scale: stored value of tissue intensity 1. blur_mm: in-plane sigma. noise: sigma relative to intensity 1. contrast:
    gland against its surroundings, 1 is full. bias: strength of the receive field. coil: an endorectal coil is used.
    """

    scale: float
    blur_mm: float
    noise: float
    contrast: float
    bias: float
    coil: bool


ZONES = {"peripheral zone": 1, "transition zone": 2, "bladder": 3}
"""What `render` tells apart, and the label values; the first two together are the gland."""

CENTRES = (
    Centre(scale=900.0, blur_mm=0.7, noise=0.03, contrast=1.0, bias=0.25, coil=False),
    Centre(scale=320.0, blur_mm=1.0, noise=0.045, contrast=0.75, bias=0.45, coil=False),
    Centre(scale=1500.0, blur_mm=0.8, noise=0.035, contrast=0.85, bias=0.35, coil=True),
    Centre(scale=180.0, blur_mm=1.4, noise=0.06, contrast=0.65, bias=0.55, coil=False),
)


@dataclass(frozen=True)
class Pelvis:
    """One drawn anatomy; lengths in mm. `texture_seed` fixes every random texture of the rendering."""

    half_size: tuple[float, float, float]  # gland, (z, y, x)
    shift: tuple[float, float, float]  # of the whole scene in the field of view, (z, y, x)
    lobes: tuple[tuple[float, float], ...]  # (amplitude, phase) of the gland's outline, harmonics 2, 3, 4
    lean: float  # how far the gland leans forward from base to apex
    transition: float  # share of the transition zone in the gland's radius (grows with age)
    zone_contrast: float  # peripheral against transition zone
    rectum_radius: float
    rectum_content: float
    bladder_radius: float
    hip_distance: float
    texture_seed: int


def draw_pelvis(rng: np.random.Generator) -> Pelvis:
    """Draw one anatomy; every draw comes from `rng` in a fixed order."""
    size = rng.uniform(0.78, 1.22)
    return Pelvis(
        half_size=(size * rng.uniform(19.0, 24.0), size * rng.uniform(14.0, 19.0), size * rng.uniform(20.0, 26.0)),
        shift=(rng.uniform(-4.0, 4.0), rng.uniform(-7.0, 7.0), rng.uniform(-7.0, 7.0)),
        lobes=tuple((rng.uniform(0.0, top), rng.uniform(0.0, 2 * np.pi)) for top in (0.08, 0.06, 0.04)),
        lean=rng.uniform(0.0, 6.0),
        transition=rng.uniform(0.5, 0.85),
        zone_contrast=rng.uniform(0.08, 0.32),
        rectum_radius=rng.uniform(9.0, 15.0),
        rectum_content=float(rng.choice([0.03, 0.3, 0.75])),
        bladder_radius=rng.uniform(22.0, 34.0),
        hip_distance=rng.uniform(41.0, 49.0),
        texture_seed=int(rng.integers(2**31)),
    )


class Canvas:
    """A grid in mm on which tissues are laid over each other with soft edges."""

    def __init__(self, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], pelvis: Pelvis) -> None:
        axes = [
            (np.arange(length) - (length - 1) / 2) * step - offset
            for length, step, offset in zip(shape, spacing_mm, pelvis.shift, strict=True)
        ]
        self.z, self.y, self.x = np.meshgrid(*axes, indexing="ij", sparse=True)
        self.shape = shape
        self.spacing_mm = spacing_mm
        self.rng = np.random.default_rng(pelvis.texture_seed)
        fat = 0.6 + 0.07 * self.texture(5.0) + 0.06 * self.texture(1.1)
        strands = np.clip(np.abs(self.texture(2.2)) / 0.25, 0.0, 1.0)  # septa: thin dark sheets through the fat
        self.image = fat * (0.72 + 0.28 * strands)

    def texture(self, size_mm: float) -> Array:
        """Smooth noise of unit variance with structures of about `size_mm`."""
        field = gaussian_filter(self.rng.standard_normal(self.shape), [size_mm / step for step in self.spacing_mm])
        return field / field.std()

    def ellipsoid(
        self, centre: tuple[float, float, float], radii: tuple[float, float, float], tilt: float = 0.0
    ) -> Array:
        """Signed distance in mm, approximate, negative inside; (z, y, x), turned by `tilt` radians in the slice."""
        z, y, x = (axis - middle for axis, middle in zip((self.z, self.y, self.x), centre, strict=True))
        u, v = np.cos(tilt) * x + np.sin(tilt) * y, -np.sin(tilt) * x + np.cos(tilt) * y
        radius = np.sqrt((z / radii[0]) ** 2 + (v / radii[1]) ** 2 + (u / radii[2]) ** 2)
        return (radius - 1.0) * min(radii[1], radii[2])

    def lay(self, distance: Array, value: Array | float, edge_mm: float = 0.6) -> None:
        """Lay tissue of intensity `value` where the signed distance is negative."""
        cover = 1.0 / (1.0 + np.exp(np.clip(distance / edge_mm, -30.0, 30.0)))
        self.image = self.image * (1.0 - cover) + value * cover

    def lay_with_wall(self, distance: Array, value: Array | float, wall: float, wall_mm: float) -> None:
        """The same with a wall of intensity `wall` around it."""
        self.lay(distance - wall_mm, wall)
        self.lay(distance, value)


def render(
    pelvis: Pelvis, centre: Centre, *, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]
) -> tuple[Array, Array]:
    """Image (D, H, W) int16 and label values (D, H, W) uint8 of `ZONES` of one anatomy at one centre; deterministic."""
    canvas = Canvas(shape, spacing_mm, pelvis)
    _surroundings(canvas, pelvis)
    gland = gland_distance(canvas, pelvis)
    _hollow_organs(canvas, pelvis, centre)
    _gland(canvas, pelvis, gland, centre.contrast)
    image = _acquire(canvas, pelvis, centre)
    zones = np.where(transition_distance(canvas, pelvis) < 0, ZONES["transition zone"], ZONES["peripheral zone"])
    outside = np.where(bladder_distance(canvas, pelvis) < 0, ZONES["bladder"], 0)
    labels = np.where(gland < 0, zones, outside).astype(np.uint8)
    return np.clip(np.rint(image * centre.scale), 0, 32767).astype(np.int16), labels


def gland_distance(canvas: Canvas, pelvis: Pelvis) -> Array:
    """Signed distance in mm, approximate, (D, H, W): an ellipsoid, blunt at the base, with lobes and a hollow back."""
    half_z, half_y, half_x = pelvis.half_size
    height = canvas.z / half_z
    taper = np.sqrt(np.clip(1.0 - np.abs(height) ** np.where(height > 0, 2.8, 2.0), 1e-4, None))
    y = canvas.y + pelvis.lean * height
    angle = np.arctan2(y / half_y, canvas.x / half_x)
    outline = 1.0 + sum(
        amplitude * np.cos(order * angle + phase)
        for order, (amplitude, phase) in zip((2, 3, 4), pelvis.lobes, strict=True)
    )
    back = 0.16 * np.exp(-(((angle - np.pi / 2) / 0.45) ** 2))  # the rectum presses in from behind
    radius = np.sqrt((y / half_y) ** 2 + (canvas.x / half_x) ** 2) / (taper * (outline - back))
    distance = (radius - 1.0) * taper * min(half_y, half_x)
    return np.where(np.abs(height) < 1.0, distance, 5.0 + np.abs(height) * np.ones(canvas.shape))


def transition_distance(canvas: Canvas, pelvis: Pelvis) -> Array:
    """Signed distance in mm, approximate, (D, H, W), of the gland's transition zone."""
    half_z, half_y, half_x = pelvis.half_size
    radii = (0.8 * half_z, pelvis.transition * half_y, pelvis.transition * half_x)
    return canvas.ellipsoid((3.0, -0.22 * half_y, 0.0), radii)


def bladder_distance(canvas: Canvas, pelvis: Pelvis) -> Array:
    """Signed distance in mm, approximate, (D, H, W), of the bladder without its wall."""
    bladder = pelvis.bladder_radius
    middle = (pelvis.half_size[0] + 0.62 * bladder, -9.0, 0.0)
    return canvas.ellipsoid(middle, (0.72 * bladder, 0.8 * bladder, bladder))


def _surroundings(canvas: Canvas, pelvis: Pelvis) -> None:
    """Obturator and levator muscles, pubic bone, hips, the vessels in between."""
    muscle = 0.2 + 0.04 * canvas.texture(1.5)
    hip = pelvis.hip_distance
    marrow = 0.46 + 0.06 * canvas.texture(2.0)
    ripple = 1.8 * canvas.texture(7.0)
    for side in (-1.0, 1.0):
        canvas.lay_with_wall(canvas.ellipsoid((22.0, -4.0, side * (hip + 24.0)), (38.0, 27.0, 22.0)), marrow, 0.06, 2.0)
        canvas.lay(canvas.ellipsoid((0.0, 3.0, side * hip), (60.0, 34.0, 9.0), tilt=side * 0.22), muscle)
        canvas.lay(canvas.ellipsoid((-6.0, 52.0, side * 40.0), (70.0, 14.0, 30.0), tilt=-side * 0.5), muscle + 0.02)
        canvas.lay_with_wall(
            canvas.ellipsoid((-18.0, -44.0, side * 19.0), (22.0, 9.0, 17.0), tilt=-side * 0.7), marrow, 0.07, 1.6
        )
        sheet = np.abs(canvas.ellipsoid((-14.0, 12.0, 0.0), (30.0, 34.0, 30.0)) + ripple) - 1.5
        canvas.lay(np.where(side * canvas.x > 8.0, sheet, 9.0), 0.19)
    vessels = canvas.texture(1.6)
    near = canvas.ellipsoid((0.0, -4.0, 0.0), (34.0, 30.0, 33.0))
    canvas.lay(np.where(near < 0, 1.5 - vessels, 9.0), 0.86, edge_mm=0.25)
    canvas.lay(canvas.ellipsoid((-34.0, 2.0, 0.0), (15.0, 11.0, 12.0)), 0.36 + 0.06 * canvas.texture(2.0))


def _hollow_organs(canvas: Canvas, pelvis: Pelvis, centre: Centre) -> None:
    """Bladder above with its dark wall, seminal vesicles behind it, rectum at the back, coil where there is one."""
    half_z, half_y, _ = pelvis.half_size
    vesicles = canvas.ellipsoid((half_z + 6.0, half_y - 4.0, 0.0), (9.0, 6.0, 26.0))
    canvas.lay(vesicles, 0.62 + 0.2 * canvas.texture(1.5))
    fluid = 0.93 + 0.02 * canvas.texture(3.0)
    canvas.lay_with_wall(bladder_distance(canvas, pelvis), fluid, 0.2, 2.6)
    bend = 4.0 * np.sin(canvas.z / 16.0)
    radius = 17.0 if centre.coil else pelvis.rectum_radius
    content = 0.04 if centre.coil else pelvis.rectum_content + 0.05 * canvas.texture(2.5)
    wave = 1.0 + 0.12 * np.sin(canvas.z / 7.0 + pelvis.texture_seed % 7)
    radial = np.hypot((canvas.y - half_y - 4.0 - radius) / 0.85, canvas.x - (0.0 if centre.coil else bend))
    lumen = (radial - radius * np.where(canvas.z > -half_z, wave, 0.45)) * np.ones(canvas.shape)
    canvas.lay_with_wall(lumen, content, 0.3, 3.2)


def _gland(canvas: Canvas, pelvis: Pelvis, distance: Array, contrast: float) -> None:
    """Bright peripheral horseshoe, nodular transition zone, dark fibromuscular front, thin dark capsule."""
    half_y = pelvis.half_size[1]
    around = gaussian_filter(canvas.image, [4.0 / step for step in canvas.spacing_mm])
    zones = 0.44 + pelvis.zone_contrast + 0.09 * canvas.texture(1.8)
    inner = transition_distance(canvas, pelvis)
    nodules = 0.34 + 0.1 * canvas.texture(3.2) + 0.07 * canvas.texture(1.2)
    shares = 1.0 / (1.0 + np.exp(np.clip(inner / 0.8, -30.0, 30.0)))
    tissue = zones * (1.0 - shares) + nodules * shares
    front = np.clip((-canvas.y / half_y - 0.55) / 0.3, 0.0, 1.0)
    tissue = tissue * (1.0 - 0.45 * front)
    canvas.lay(distance - 1.2, 0.26 * contrast + around * (1.0 - contrast), edge_mm=0.5)
    canvas.lay(distance, tissue * contrast + around * (1.0 - contrast), edge_mm=0.7)
    canvas.lay(canvas.ellipsoid((0.0, 0.1 * half_y, 0.0), (0.9 * pelvis.half_size[0], 2.0, 2.4)), 0.68)


def _acquire(canvas: Canvas, pelvis: Pelvis, centre: Centre) -> Array:
    """Blur in the slice, multiplicative receive field, magnitude of complex noise (Rician)."""
    sigma = (0.0, centre.blur_mm / canvas.spacing_mm[1], centre.blur_mm / canvas.spacing_mm[2])
    image = gaussian_filter(np.clip(canvas.image, 0.0, None), sigma)
    field = np.exp(centre.bias * gaussian_filter(canvas.texture(28.0), (0.0, 4.0, 4.0)))
    if centre.coil:
        depth = np.hypot(canvas.y - pelvis.half_size[1] - 20.0, canvas.x)
        field = field * (0.35 + 2.4 * np.exp(-depth / 22.0))
    image = image * field
    real = image + centre.noise * canvas.rng.standard_normal(canvas.shape)
    imaginary = centre.noise * canvas.rng.standard_normal(canvas.shape)
    return np.hypot(real, imaginary)
