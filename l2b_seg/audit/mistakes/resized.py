"""Over- and under-drawn masks: how far the outline is to be moved, all round, to fit the proposal best."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from l2b_data.cases.dice import dice_of_counts

_STEPS = np.linspace(-0.6, 0.8, 57)  # of the radius; above 0 the outline moves outwards
_MARGIN = 0.1  # of the radius, about both masks: what grows out of their box must cost something


@dataclass(frozen=True)
class Resized:
    """The outline moved by `distance` (in the unit of the spacing, above 0 outwards): Dice of the foreground then.

    share: the distance as a share of the organ's radius.
    """

    distance: float
    share: float
    dice: float


def resized(given: np.ndarray, proposal: np.ndarray, spacing: tuple[float, ...]) -> Resized | None:
    """The move of the outline, in the plane of the slices, that fits the proposal best; None where one is empty.

    given, proposal: (D, H, W); all foreground. spacing: (z, y, x). The radius is that of a disc of the area of the
    mask's largest slice. Slices without a mask stay empty.
    """
    mine, theirs = given > 0, proposal > 0
    if not mine.any() or not theirs.any():
        return None
    radius = float(np.sqrt(np.count_nonzero(mine, axis=(1, 2)).max() * spacing[1] * spacing[2] / np.pi))
    depth, *plane = ndimage.find_objects((mine | theirs).astype(np.uint8))[0]
    margins = [int(_MARGIN * radius / step) + 2 for step in spacing[1:]]
    box = (depth, *(slice(max(0, side.start - by), side.stop + by) for side, by in zip(plane, margins, strict=True)))
    mine, theirs = mine[box], theirs[box]
    edges = np.concatenate([[-np.inf], _STEPS, [np.inf]])
    sizes, common = np.zeros(len(edges) - 1, int), np.zeros(len(edges) - 1, int)
    for mask, other in zip(mine, theirs, strict=True):
        if mask.any():
            away = _signed(mask, spacing[1:]) / radius
            sizes += np.histogram(away, edges)[0]
            common += np.histogram(away[other], edges)[0]
    whole = int(np.count_nonzero(theirs))
    dices = [
        dice_of_counts(int(both), int(size) + whole)
        for size, both in zip(np.cumsum(sizes)[:-1], np.cumsum(common)[:-1], strict=True)
    ]
    ties = np.flatnonzero(np.equal(dices, np.max(dices)))
    best = int(ties[len(ties) // 2])  # steps below a pixel change nothing
    return Resized(float(_STEPS[best]) * radius, float(_STEPS[best]), dices[best])


def _signed(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Distance to the outline of (H, W) bool, half a pixel off its pixels; below 0 inside, the edge is outside."""
    half = min(spacing) / 2
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    inside = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1]
    return np.where(mask, half - inside, outside - half)
