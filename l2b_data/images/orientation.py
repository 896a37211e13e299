"""Every slice seen from the same side: rows towards the back of the patient, columns towards the left, as in LPS."""

from collections.abc import Sequence

import numpy as np

Flips = tuple[bool, bool]
"""Which of the in-plane axes (y, x) of an array (..., H, W) are stored the other way round."""


def in_plane_flips(direction: Sequence[float]) -> Flips:
    """The flips that make rows and columns run along the positive LPS direction each is closest to.

    direction: 9 numbers, row-major; column i is the unit vector of axis x, y, z in LPS. Axes are never permuted, and
    the order of the slices stays: a slice is seen alone, and its number is the file's.
    """
    columns = np.reshape(direction, (3, 3))
    y, x = (bool(columns[np.abs(columns[:, axis]).argmax(), axis] < 0) for axis in (1, 0))
    return y, x


def describe_grid(shape: Sequence[int], flips: Flips) -> str:
    """The grid in words, for messages: "6x48x48 with y stored backwards"."""
    turned = [name for name, flip in zip("yx", flips, strict=True) if flip]
    return "x".join(map(str, shape)) + (f" with {' and '.join(turned)} stored backwards" if turned else "")


def flipped(array: np.ndarray, flips: Flips) -> np.ndarray:
    """The array (..., H, W) with these axes turned round, contiguous; the same call turns it back."""
    axes = tuple(axis for axis, turned in zip((-2, -1), flips, strict=True) if turned)
    return np.ascontiguousarray(np.flip(array, axes)) if axes else array
