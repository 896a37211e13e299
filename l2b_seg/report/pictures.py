"""The pictures of a report's viewer: small images, outlines as SVG paths, weight maps in colour."""

import base64
import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

MAX_SIDE = 256  # pixels a side of an image in the page; outlines keep the native grid
WEIGHT_RANGE = (0.25, 64.0)  # of the colour scale, in multiples of a pixel's weight in plain training
TRUSTED = 0.9  # trust from which on nothing is drawn
_QUALITY = 80
_MAP_SIDE = 160  # pixels a side of a weight map, which is smooth
_LEVELS = 64  # steps of the colour scale
_OPACITY = 190  # of 255: the image shows through a weight map


def grey_levels(volume: np.ndarray) -> np.ndarray:
    """(D, H, W) intensities as uint8, one window for the case: its 0.5th to 99.5th percentile."""
    low, high = np.percentile(volume, [0.5, 99.5]) if volume.size else (0.0, 0.0)
    scaled = (volume.astype(np.float32) - low) / max(float(high - low), 1e-12)
    return (np.clip(scaled, 0, 1) * 255).round().astype(np.uint8)


def image_uri(image: np.ndarray) -> str:
    """A uint8 picture, (H, W) grey or (H, W, 3) colour, as WebP of at most MAX_SIDE pixels a side."""
    picture = Image.fromarray(image)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return _uri(picture, "webp", quality=_QUALITY, method=4)


def outline(mask: np.ndarray) -> str:
    """The outlines of a mask (H, W) bool as an SVG path in half pixels, "" for none; closed at the picture's edge.

    They run half-way between pixels inside and outside; on pictures larger than MAX_SIDE, within half a pixel of what
    is shown there.
    """
    from skimage.measure import approximate_polygon, find_contours

    if not mask.any():
        return ""
    tolerance = 0.5 * max(mask.shape) / MAX_SIDE if max(mask.shape) > MAX_SIDE else 0.1  # 0.1: straight runs alone
    parts = []
    for contour in find_contours(np.pad(mask.astype(np.uint8), 1), 0.5):
        # centre of the first pixel: half a pixel from the corner, and the frame of zeros shifts by one
        points = np.rint(2 * (approximate_polygon(contour, tolerance) - 0.5)).astype(int)
        steps = np.diff(points[:, ::-1], axis=0)[:-1]
        parts.append(f"M{points[0, 1]} {points[0, 0]}l" + " ".join(f"{x} {y}" for x, y in steps) + "z")
    return "".join(parts)


def weight_uri(weight: np.ndarray) -> str:
    """A weight map (H, W) as a palette PNG: plasma over the logarithm of WEIGHT_RANGE, see-through below it."""
    low, high = np.log(WEIGHT_RANGE)
    return _map_uri((np.log(np.maximum(weight, 1e-12)) - low) / (high - low))


def weight_scale() -> list[tuple[float, str]]:
    """The colour scale of `weight_uri` for a legend: (weight, "#rrggbb") at every doubling, ascending."""
    low, high = (round(end) for end in np.log2(WEIGHT_RANGE))
    return [(2.0**power, _colour((power - low) / (high - low))) for power in range(low, high + 1)]


def trust_uri(trust: np.ndarray) -> str:
    """A map of trust (H, W) as a palette PNG: plasma, brightest at 0, see-through above TRUSTED."""
    return _map_uri(1 - trust / TRUSTED)


def trust_scale() -> list[tuple[float, str]]:
    """The colour scale of `trust_uri` for a legend: (trust, "#rrggbb") at every tenth, ascending."""
    return [(trust, _colour(1 - trust / TRUSTED)) for trust in np.linspace(0, TRUSTED, 10).round(1).tolist()]


def _map_uri(level: np.ndarray) -> str:
    """Levels (H, W) from 0 to 1 as a palette PNG in plasma, see-through below 0."""
    picture = Image.fromarray(np.where(level < 0, 0, 1 + np.rint(np.clip(level, 0, 1) * _LEVELS)).astype(np.uint8))
    if max(level.shape) > _MAP_SIDE:
        share = _MAP_SIDE / max(level.shape)
        height, width = (max(1, round(side * share)) for side in level.shape)
        picture = picture.resize((width, height), Image.Resampling.NEAREST)
    picture = picture.convert("P")
    picture.putpalette([channel for colour in _palette() for channel in colour])
    return _uri(picture, "png", optimize=True, transparency=bytes([0, *[_OPACITY] * (_LEVELS + 1)]))


def _colour(level: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*_palette()[1 + round(_LEVELS * level)])


@cache
def _palette() -> Sequence[tuple[int, int, int]]:
    """Colours of the picture's indices: 0 is see-through."""
    from matplotlib import colormaps

    colours = (colormaps["plasma"](np.linspace(0, 1, _LEVELS + 1))[:, :3] * 255).round().astype(int).tolist()
    return [(0, 0, 0), *((red, green, blue) for red, green, blue in colours)]


def _uri(picture: Any, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
