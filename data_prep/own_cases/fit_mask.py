"""Masks drawn at another resolution than the picture they belong to."""

import numpy as np
from PIL import Image

_HALF = 0.5 - 1e-6  # shares are sums of float32 weights


def fit_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Label map (1, H, W) -> (1, h, w) of `shape`: a pixel takes the label that covers at least half of it, else 0.

    The same field of view is assumed: ValueError where the two aspect ratios differ by more than one pixel. A mask
    that already has the shape is returned as it is. Values are kept, the dtype as well.
    """
    (_, height, width), (_, rows, columns) = mask.shape, shape
    if (height, width) == (rows, columns):
        return mask
    if abs(height * columns - width * rows) > max(width, columns):
        raise ValueError(f"the mask has {height}x{width} pixels, its image {rows}x{columns}: another field of view")
    fitted = np.zeros((rows, columns), mask.dtype)
    for value in np.unique(mask[mask != 0]):
        share = Image.fromarray((mask[0] == value).astype(np.float32))
        covered = np.asarray(share.resize((columns, rows), Image.Resampling.BOX)) >= _HALF
        fitted[covered & (fitted == 0)] = value
    return fitted[None]
