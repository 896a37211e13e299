"""Corrupted segmentation masks as in L2B (CVPR 2024): rotation, erosion or dilation, ellipses, deleted slices.

Drawn first, applied second: a `SliceNoise` is a value that can be stored and replayed. A draw depends on the seed, the
case id and the slice index alone, so neither the order nor the number of workers matters; the level only picks the
kernel, so the three levels share angles and operations.

Kernels are lengths in pixels of the native PROMISE12 slices (512, 320 and 256 px wide). Elsewhere one length factor a
data set multiplies them. A length is rounded up or down by a number drawn once a slice (`rounding`), so that the mean
length, and with it the mean Dice, follows the factor smoothly: rounding to the nearest would move all slices of one
kernel at once (7 px at factor .5: from 3 to 4 px, in 40 % of the L3 slices). At factor 1 the published sizes come out.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from l2b_data.errors import ConfigError

MAX_ANGLE_DEG = 20
SMALL_AREA_PX = 300
"""A slice mask up to this area (at native size) is deleted."""

REFERENCE_WIDTH_PX = 400
"""Mean native width of the PROMISE12 training slices: 19 of 36 cases measured have 320, 16 have 512, one 256 (404)."""

NATIVE_WITHIN = 0.1
"""A data set whose mean width is this close (relatively) to the reference counts as native: published sizes exactly."""


@dataclass(frozen=True)
class NoiseLevel:
    """A published level: the paper's mean Dice (noisy against clean), kernel lengths in px, their cumulative odds."""

    name: str
    dice: float
    kernels: tuple[int, ...]
    cumulative: tuple[float, ...]


LEVELS = {
    level.name: level
    for level in (
        NoiseLevel("L1", 0.4148, (7, 14, 21, 49, 63), (0.05, 0.1, 0.2, 0.6, 1.0)),
        NoiseLevel("L2", 0.6206, (7, 14, 21, 28, 35), (0.1, 0.2, 0.5, 0.7, 1.0)),
        NoiseLevel("L3", 0.8031, (7, 11, 13, 17, 21), (0.4, 0.6, 0.8, 0.9, 1.0)),
    )
}


@dataclass(frozen=True)
class SliceNoise:
    """What happens to one slice.

    angle_deg: whole degrees, counter-clockwise as seen with row 0 on top. operation: "erode" or "dilate". kernel:
    published length in px. rounding: in [0, 1), see `kernel_px`. ellipse: replace the outcome by an ellipse if it is
    large enough. deleted: the slice becomes empty and the rest has no effect.
    """

    angle_deg: int
    operation: str
    kernel: int
    rounding: float
    ellipse: bool
    deleted: bool

    def kernel_px(self, length_factor: float) -> int:
        """Side of the square kernel in px: kernel * length_factor, rounded by the drawn number, at least 1."""
        whole, rest = divmod(self.kernel * length_factor, 1.0)
        return max(1, int(whole) + (rest + self.rounding >= 1.0))


def noise_level(name: str) -> NoiseLevel:
    """The level of that name; `ConfigError` for another."""
    if name not in LEVELS:
        raise ConfigError(f"--level {name}: one of {', '.join(LEVELS)}")
    return LEVELS[name]


def draw_slice_noise(seed: int, case: str, index: int, level: NoiseLevel, *, deleted: bool) -> SliceNoise:
    """Draw the noise of slice `index` of `case`; a pure function of its arguments."""
    case_key = int.from_bytes(hashlib.sha256(case.encode()).digest()[:8], "little")
    rng = np.random.default_rng(np.random.SeedSequence([seed, case_key, index]))
    angle = int(rng.integers(-MAX_ANGLE_DEG, MAX_ANGLE_DEG + 1))
    operation = "erode" if rng.random() < 0.5 else "dilate"
    kernel = level.kernels[int(np.searchsorted(level.cumulative, rng.random(), side="right"))]
    ellipse = bool(rng.random() < 0.5)
    return SliceNoise(angle, operation, kernel, float(rng.random()), ellipse, deleted)


def rotate(mask: np.ndarray, angle_deg: int) -> np.ndarray:
    """Rotate a bool mask (H, W) about the slice's centre, nearest neighbour; what turns out of the slice is lost."""
    if angle_deg == 0:
        return mask.copy()
    turned = ndimage.rotate(mask.view(np.uint8), angle_deg, reshape=False, order=0, mode="constant", cval=0)
    return np.asarray(turned, dtype=bool)


def deform(noise: SliceNoise, rotated: np.ndarray, length_factor: float, *, small_area_px: float) -> np.ndarray:
    """Erosion or dilation by a square and the ellipse: all of the noise but the rotation. bool (H, W) -> bool (H, W).

    Borders as in OpenCV's defaults: outside the slice counts as foreground for erosion and as background for dilation;
    an even kernel reaches one pixel further up and left. An ellipse replaces the outcome only if that is larger than
    `small_area_px`. An empty mask stays empty. Deterministic.
    """
    outcome = np.zeros_like(rotated)
    box = _bounding_box(rotated)
    if box is None:
        return outcome
    side = noise.kernel_px(length_factor)
    window = tuple(
        slice(max(0, extent.start - side), min(length, extent.stop + side))
        for extent, length in zip(box, rotated.shape, strict=True)
    )
    function, outside = (ndimage.minimum_filter1d, 1) if noise.operation == "erode" else (ndimage.maximum_filter1d, 0)
    values = rotated[window].view(np.uint8)
    for axis in (0, 1):
        values = function(values, side, axis=axis, mode="constant", cval=outside)
    outcome[window] = values.view(bool)
    if noise.ellipse and np.count_nonzero(outcome) > small_area_px:
        outcome = inscribed_ellipse(outcome)
    return outcome


def inscribed_ellipse(mask: np.ndarray) -> np.ndarray:
    """The filled axis-aligned ellipse inscribed in a mask's bounding box; bool (H, W). Empty stays empty.

    Centre and radii are whole pixels, rounded down; a radius is at least 1.
    """
    box = _bounding_box(mask)
    if box is None:
        return np.zeros_like(mask, dtype=bool)
    inside = np.zeros(mask.shape)
    for extent, grid in zip(box, np.ogrid[tuple(slice(0, length) for length in mask.shape)], strict=True):
        first, last = extent.start, extent.stop - 1
        inside = inside + ((grid - (first + last) // 2) / max(1, (last - first) // 2)) ** 2
    return np.asarray(inside <= 1)


def _bounding_box(mask: np.ndarray) -> tuple[slice, slice] | None:
    extents = []
    for axis in (1, 0):
        hits = np.flatnonzero(mask.any(axis=axis))
        if not hits.size:
            return None
        extents.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return extents[0], extents[1]
