"""Traces that mistakes leave in a mask itself, whatever a network says."""

import numpy as np
from scipy import ndimage

BLOCKS = (8, 6, 5, 4, 3)
"""Sides of blocks, in pixels, that a mask drawn at a lower resolution consists of."""

_DRAWN_PIXELS = 9  # smaller masks of neighbouring slices can be equal by chance


def copied_slices(given: np.ndarray) -> list[tuple[int, int]]:
    """Runs (first, last) of slices in a row whose masks are the same to the pixel, and not empty or tiny.

    given: (D, H, W) uint8. Nobody draws the same outline twice.
    """
    sizes = np.count_nonzero(given, axis=(1, 2))
    same = [
        sizes[i] == sizes[i + 1] >= _DRAWN_PIXELS and np.array_equal(given[i], given[i + 1])
        for i in range(len(given) - 1)
    ]
    return runs(np.array(same, bool), extend=1)


def gaps(given: np.ndarray) -> list[tuple[int, int]]:
    """Runs (first, last) of empty slices between drawn ones."""
    areas = np.count_nonzero(given, axis=(1, 2))
    drawn = np.flatnonzero(areas)
    if not len(drawn):
        return []
    inside = (np.arange(len(areas)) > drawn[0]) & (np.arange(len(areas)) < drawn[-1])
    return runs((areas == 0) & inside)


def block_side(given: np.ndarray) -> int | None:
    """Side of the largest of BLOCKS of which the mask consists wholly, whatever their origin; None for a fine one.

    Edges of such a mask all lie on lines that are a multiple of the side apart.
    """
    row_edges = np.flatnonzero((given[:, 1:] != given[:, :-1]).any((0, 2))) + 1
    column_edges = np.flatnonzero((given[:, :, 1:] != given[:, :, :-1]).any((0, 1))) + 1
    if min(len(row_edges), len(column_edges)) < 3:  # a rectangle consists of blocks of any size
        return None
    for side in BLOCKS:
        if all(len(np.unique(edges % side)) == 1 for edges in (row_edges, column_edges)):
            return side
    return None


def every_third(given: np.ndarray) -> bool:
    """Whether slices are drawn at a step of three, those between them empty."""
    drawn = np.flatnonzero(given.any((1, 2)))
    return len(drawn) >= 3 and bool((np.diff(drawn) == 3).all())


def apart(given: np.ndarray, proposal: np.ndarray) -> tuple[float, list[int]]:
    """Share of the mask in connected parts that have no pixel in common with the proposal, and their slices.

    given, proposal: (D, H, W). Nothing where the whole mask is such a part: then nothing says which one is the organ.
    """
    parts, count = ndimage.label(given > 0)
    if count < 2:
        return 0.0, []
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    lone = np.bincount(parts[proposal > 0], minlength=count + 1)[1:] == 0
    if lone.all() or not lone.any():
        return 0.0, []
    places = np.flatnonzero(np.isin(parts, np.flatnonzero(lone) + 1).any((1, 2)))
    return float(sizes[lone].sum() / sizes.sum()), places.tolist()


def runs(marked: np.ndarray, extend: int = 0) -> list[tuple[int, int]]:
    """(first, last) of each run of True in (D,) bool; `extend`: added to the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
    return [(int(first), int(last) - 1 + extend) for first, last in zip(edges[::2], edges[1::2], strict=True)]
