"""The mistakes people make in masks, each as a function of one mask: what is planted by `corrupt --mistakes`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy import ndimage


@dataclass(frozen=True)
class CleanMask:
    """A mask before its mistake: labels (D, H, W) uint8, slices first; spacing: (z, y, x) in any unit."""

    labels: np.ndarray
    spacing: tuple[float, float, float]

    @property
    def classes(self) -> list[int]:
        """Label values that occur, ascending, without the background."""
        return [int(value) for value in np.unique(self.labels) if value]

    @property
    def drawn(self) -> np.ndarray:
        """Indices of the slices with foreground, ascending."""
        return np.flatnonzero(self.labels.any((1, 2)))

    @property
    def radius(self) -> float:
        """Radius of a disc with the area of the largest slice's foreground, in the unit of `spacing`."""
        pixel = self.spacing[1] * self.spacing[2]
        return float(np.sqrt(np.count_nonzero(self.labels, axis=(1, 2)).max() * pixel / np.pi))


Wrong = tuple[np.ndarray, dict[str, Any]] | None
"""The mask with the mistake, and its size; None where this mask cannot have it."""

Mistake = Callable[[CleanMask, Generator], Wrong]


def mirrored(mask: CleanMask, rng: Generator) -> Wrong:
    """Columns in reverse: left and right exchanged."""
    return mask.labels[:, :, ::-1].copy(), {}


def reversed_slices(mask: CleanMask, rng: Generator) -> Wrong:
    """Slices in reverse order."""
    return (mask.labels[::-1].copy(), {}) if len(mask.labels) > 1 else None


def shifted(mask: CleanMask, rng: Generator) -> Wrong:
    """Moved in the plane by 5 to 15 % of the shorter side, in any direction; what leaves the image is lost."""
    length = rng.uniform(0.05, 0.15) * min(mask.labels.shape[1:])
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = round(length * np.sin(angle)), round(length * np.cos(angle))
    return ndimage.shift(mask.labels, (0, rows, columns), order=0), {"rows": rows, "columns": columns}


def inverted(mask: CleanMask, rng: Generator) -> Wrong:
    """Background and foreground exchanged; of several classes the background becomes the largest one."""
    counts = np.bincount(mask.labels.ravel())
    largest = int(counts[1:].argmax()) + 1
    return np.where(mask.labels > 0, 0, largest).astype(np.uint8), {"background_becomes": largest}


def part_erased(mask: CleanMask, rng: Generator) -> Wrong:
    """One connected component erased where there are several large ones, else the half on one side of a line."""
    parts, count = ndimage.label(mask.labels > 0)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    large = np.flatnonzero(sizes >= 0.1 * sizes.sum()) + 1
    if len(large) > 1:
        gone = parts == rng.choice(large)
        return np.where(gone, 0, mask.labels).astype(np.uint8), {"what": "component", "voxels": int(gone.sum())}
    angle = rng.uniform(0, 2 * np.pi)
    _, rows, columns = ndimage.center_of_mass(mask.labels > 0)
    y, x = np.indices(mask.labels.shape[1:])
    side = (y - rows) * np.sin(angle) + (x - columns) * np.cos(angle) > 0
    gone = (mask.labels > 0) & side
    return np.where(gone, 0, mask.labels).astype(np.uint8), {"what": "half", "voxels": int(gone.sum())}


def slices_deleted(mask: CleanMask, rng: Generator) -> Wrong:
    """A run of 2 to 6 drawn slices emptied, at most half of those that are drawn."""
    run = _run_of_drawn(mask, rng)
    if run is None:
        return None
    wrong = mask.labels.copy()
    wrong[run] = 0
    return wrong, {"slices": run.tolist()}


def slices_copied(mask: CleanMask, rng: Generator) -> Wrong:
    """The mask of one slice pasted over the other 1 to 5 of a run of drawn slices."""
    run = _run_of_drawn(mask, rng)
    if run is None:
        return None
    source = int(rng.choice(run))
    wrong = mask.labels.copy()
    wrong[run] = mask.labels[source]
    return wrong, {"slices": run.tolist(), "source": source}


def class_missing(mask: CleanMask, rng: Generator) -> Wrong:
    """All pixels of one of several classes made background."""
    if len(mask.classes) < 2:
        return None
    gone = int(rng.choice(mask.classes))
    return np.where(mask.labels == gone, 0, mask.labels).astype(np.uint8), {"class": gone}


def classes_exchanged(mask: CleanMask, rng: Generator) -> Wrong:
    """The values of two classes exchanged."""
    if len(mask.classes) < 2:
        return None
    one, other = sorted(int(value) for value in rng.choice(mask.classes, 2, replace=False))
    wrong = mask.labels.copy()
    wrong[mask.labels == one] = other
    wrong[mask.labels == other] = one
    return wrong, {"classes": [one, other]}


def over_drawn(mask: CleanMask, rng: Generator) -> Wrong:
    """The outline moved outwards by 20 to 40 % of the radius, in the plane; a new pixel gets the nearest class."""
    distance = rng.uniform(0.2, 0.4) * mask.radius
    wrong = mask.labels.copy()
    for index in mask.drawn:
        away, nearest = ndimage.distance_transform_edt(
            mask.labels[index] == 0, sampling=mask.spacing[1:], return_indices=True
        )
        wrong[index] = np.where(away <= distance, mask.labels[index][tuple(nearest)], 0)
    return wrong, {"distance": distance}


def under_drawn(mask: CleanMask, rng: Generator) -> Wrong:
    """The outline moved inwards by 20 to 40 % of the radius, in the plane."""
    distance = rng.uniform(0.2, 0.4) * mask.radius
    wrong = mask.labels.copy()
    for index in mask.drawn:
        depth = ndimage.distance_transform_edt(np.pad(mask.labels[index] > 0, 1), sampling=mask.spacing[1:])[1:-1, 1:-1]
        wrong[index][depth <= distance] = 0
    return (wrong, {"distance": distance}) if wrong.any() else None


def spilled(mask: CleanMask, rng: Generator) -> Wrong:
    """A disc of 30 to 60 % of the radius in one class, apart from the mask, on a slice and those beside it."""
    radius = rng.uniform(0.3, 0.6) * mask.radius
    middle = int(rng.choice(mask.drawn))
    run = np.arange(max(0, middle - 1), min(len(mask.labels), middle + 2))
    apart = ndimage.distance_transform_edt(~mask.labels[run].any(0), sampling=mask.spacing[1:]) > 1.5 * radius
    margins = [int(np.ceil(radius / step)) for step in mask.spacing[1:]]
    apart[: margins[0]] = apart[len(apart) - margins[0] :] = False
    apart[:, : margins[1]] = apart[:, apart.shape[1] - margins[1] :] = False
    places = np.argwhere(apart)
    if not len(places):
        return None
    row, column = rng.choice(places)
    value = int(rng.choice(mask.classes))
    y, x = np.indices(apart.shape)
    disc = ((y - row) * mask.spacing[1]) ** 2 + ((x - column) * mask.spacing[2]) ** 2 <= radius**2
    wrong = mask.labels.copy()
    wrong[run] = np.where(disc, value, wrong[run])
    size = {"slices": run.tolist(), "row": int(row), "column": int(column), "radius": radius, "class": value}
    return wrong, size


def coarse(mask: CleanMask, rng: Generator) -> Wrong:
    """Drawn on every third slice alone, the others empty; or at a quarter of the resolution in the plane."""
    if len(mask.drawn) >= 6 and rng.random() < 0.5:
        first = int(rng.integers(3))
        left = np.setdiff1d(mask.drawn, np.arange(first, len(mask.labels), 3))
        wrong = mask.labels.copy()
        wrong[left] = 0
        return wrong, {"what": "every third slice", "first": first}
    height, width = mask.labels.shape[1:]
    rows, columns = (np.minimum(np.arange(side) // 4 * 4 + 2, side - 1) for side in (height, width))
    return mask.labels[:, rows][:, :, columns], {"what": "a quarter of the resolution"}


def _run_of_drawn(mask: CleanMask, rng: Generator) -> np.ndarray | None:
    """2 to 6 drawn slices in a row, at most half of all drawn ones; None where there are fewer than 4."""
    drawn = mask.drawn
    if len(drawn) < 4:
        return None
    count = int(rng.integers(2, min(6, len(drawn) // 2) + 1))
    start = int(rng.integers(len(drawn) - count + 1))
    return drawn[start : start + count]


MISTAKES: dict[str, Mistake] = {
    "mirrored": mirrored,
    "reversed": reversed_slices,
    "shifted": shifted,
    "inverted": inverted,
    "part-erased": part_erased,
    "slices-deleted": slices_deleted,
    "slices-copied": slices_copied,
    "class-missing": class_missing,
    "classes-exchanged": classes_exchanged,
    "over-drawn": over_drawn,
    "under-drawn": under_drawn,
    "spilled": spilled,
    "coarse": coarse,
}
"""Of one mask. `swapped`, the masks of two cases of one grid exchanged, is planted by `plant` itself."""

SWAPPED = "swapped"
KINDS = (SWAPPED, *MISTAKES)
OF_CLASSES = ("class-missing", "classes-exchanged")
"""Kinds that need several classes."""
