"""Mechanical mistakes undone: what a mask would look like without each, and how much better it then fits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from scipy import fft, ndimage

from l2b_data.cases.dice import dice_of_counts

FARTHEST = 0.2
"""Shifts are looked for up to this share of the shorter side."""

_MOST_PERMUTED = 4  # with more classes only pairs are exchanged: 5! - 1 label maps cost more than they find

Labelled = Iterator[tuple[str, np.ndarray, dict[str, Any]]]
"""Kind as `corrupt --mistakes` names it, labels (D, H, W) uint8 without that mistake, what was undone."""


@dataclass(frozen=True)
class Undone:
    """A mistake undone: kind, Dice of the mask to the proposal without it (see `fit`), what was undone.

    change: 1 - Dice of the mask as it is to the mask without the mistake: what undoing can gain at most.
    """

    kind: str
    dice: float
    detail: dict[str, Any]
    change: float


def fit(labels: np.ndarray, proposal: np.ndarray) -> float:
    """Dice of two label maps of one shape, of several classes the mean over those in either; 1 where both are empty."""
    found = []
    for value in range(1, int(max(labels.max(initial=0), proposal.max(initial=0))) + 1):
        mine, theirs = labels == value, proposal == value
        if total := int(np.count_nonzero(mine)) + int(np.count_nonzero(theirs)):
            found.append(dice_of_counts(int(np.count_nonzero(mine & theirs)), total))
    return float(np.mean(found)) if found else 1.0


def undone(given: np.ndarray, proposal: np.ndarray, classes: int) -> list[Undone]:
    """Every mechanical mistake of one mask undone. given, proposal: (D, H, W) uint8 label values 0 to `classes`."""
    found = (one for undo in _UNDOINGS for one in undo(given, proposal, classes))
    return [Undone(kind, fit(labels, proposal), detail, 1 - fit(labels, given)) for kind, labels, detail in found]


def without(kind: str, given: np.ndarray, proposal: np.ndarray, classes: int) -> np.ndarray:
    """The mask without a mistake of this kind, the way that fits best; ValueError where it cannot be undone."""
    found = [labels for undo in _UNDOINGS for name, labels, _ in undo(given, proposal, classes) if name == kind]
    if not found:
        raise ValueError(f"{kind}: nothing to undo")
    return max(found, key=lambda labels: fit(labels, proposal))


def _mirrored(given: np.ndarray, proposal: np.ndarray, classes: int) -> Labelled:
    yield "mirrored", np.ascontiguousarray(given[:, :, ::-1]), {}


def _reversed(given: np.ndarray, proposal: np.ndarray, classes: int) -> Labelled:
    if len(given) > 1:
        yield "reversed", np.ascontiguousarray(given[::-1]), {}


def _inverted(given: np.ndarray, proposal: np.ndarray, classes: int) -> Labelled:
    """Of several classes the exchange has lost which: there the proposal's, where it has one, else the commonest."""
    if classes == 1:
        yield "inverted", (given == 0).astype(np.uint8), {}
        return
    commonest = int(np.bincount(proposal.ravel(), minlength=classes + 1)[1:].argmax()) + 1
    inside = np.where(proposal > 0, proposal, commonest)
    yield "inverted", np.where(given == 0, inside, 0).astype(np.uint8), {}


def _exchanged(given: np.ndarray, proposal: np.ndarray, classes: int) -> Labelled:
    values = tuple(range(1, classes + 1))
    orders = permutations(values) if classes <= _MOST_PERMUTED else _pairs_exchanged(values)
    for order in orders:
        if order != values:
            moved = {value: to for value, to in zip(values, order, strict=True) if value != to}
            yield "classes-exchanged", np.array((0, *order), np.uint8)[given], {"classes": sorted(moved)}


def _pairs_exchanged(values: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for one in values:
        for other in values[one:]:
            yield tuple(other if v == one else one if v == other else v for v in values)


def _shifted(given: np.ndarray, proposal: np.ndarray, classes: int) -> Labelled:
    rows, columns = best_shift(given > 0, proposal > 0)
    if (rows, columns) != (0, 0):
        yield "shifted", moved(given, rows, columns), {"rows": -rows, "columns": -columns}


def best_shift(given: np.ndarray, proposal: np.ndarray) -> tuple[int, int]:
    """Rows and columns by which to move `given` so that it has most pixels in common with `proposal`, (D, H, W) bool.

    By correlation over the slices together; up to FARTHEST of the shorter side either way.
    """
    reach = max(1, int(FARTHEST * min(given.shape[1:])))
    boxes = ndimage.find_objects((given | proposal).astype(np.uint8))
    if not boxes:
        return 0, 0
    mine, theirs = given[boxes[0]], proposal[boxes[0]]
    both = mine.any((1, 2)) & theirs.any((1, 2))
    # padded: what leaves on one side does not come back on the other
    shape = [fft.next_fast_len(side + reach, real=True) for side in mine.shape[1:]]
    ours, their = (fft.rfft2(part[both].astype(np.float32), shape) for part in (mine, theirs))
    common = fft.irfft2((their * ours.conj()).sum(0), shape)
    reached = np.r_[0 : reach + 1, -reach:0]
    window = common[np.ix_(reached, reached)].round()
    best = np.argwhere(window == window.max())
    row, column = best[np.abs(reached[best]).sum(1).argmin()]
    return int(reached[row]), int(reached[column])


def moved(labels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """(D, H, W) moved in the plane; what leaves is lost, what comes in is background."""
    out = np.zeros_like(labels)
    height, width = labels.shape[1:]
    to = (slice(max(0, rows), height + min(0, rows)), slice(max(0, columns), width + min(0, columns)))
    of = (slice(max(0, -rows), height + min(0, -rows)), slice(max(0, -columns), width + min(0, -columns)))
    out[:, to[0], to[1]] = labels[:, of[0], of[1]]
    return out


_UNDOINGS: tuple[Callable[[np.ndarray, np.ndarray, int], Labelled], ...] = (
    _mirrored,
    _reversed,
    _inverted,
    _exchanged,
    _shifted,
)
