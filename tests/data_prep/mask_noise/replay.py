"""Drawn noise applied to one slice outside a case, as the manifest allows it."""

import numpy as np

from data_prep.mask_noise.one_slice import SMALL_AREA_PX, SliceNoise, deform, rotate


def apply_slice_noise(
    noise: SliceNoise, mask: np.ndarray, length_factor: float, *, small_area_px: float = SMALL_AREA_PX
) -> np.ndarray:
    """The noisy mask, bool (H, W), of `mask` (H, W; any number, > 0 is foreground)."""
    mask = np.asarray(mask) > 0
    if noise.deleted:
        return np.zeros_like(mask)
    return deform(noise, rotate(mask, noise.angle_deg), length_factor, small_area_px=small_area_px)
