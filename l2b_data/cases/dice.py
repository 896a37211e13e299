"""Dice: the overlap of two masks."""

import numpy as np


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """2 |a and b| / (|a| + |b|) of two bool masks of one shape, in [0, 1]; 1 where both are empty."""
    return dice_of_counts(int(np.count_nonzero(a & b)), int(np.count_nonzero(a)) + int(np.count_nonzero(b)))


def dice_of_counts(common: int, total: int) -> float:
    """Dice of masks with `common` elements in both and `total` in the two together; 1 where `total` is 0."""
    return 2 * common / total if total else 1.0
