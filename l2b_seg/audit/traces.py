"""Traces that mistakes leave in a mask itself, whatever a network says."""

import numpy as np

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
    drawn = given.any((1, 2))
    places = np.flatnonzero(drawn)
    if not len(places):
        return []
    empty = ~drawn
    empty[: places[0]] = empty[places[-1] :] = False
    return runs(empty)


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


def runs(marked: np.ndarray, extend: int = 0) -> list[tuple[int, int]]:
    """(first, last) of each run of True in (D,) bool; `extend`: added to the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(int)))
    return [(int(first), int(last) - 1 + extend) for first, last in zip(edges[::2], edges[1::2], strict=True)]
