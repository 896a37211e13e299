"""Flip, rotate, scale and re-light slices: drawn as a value, applied to image and masks alike, and undone again."""

from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from l2b_run.settings.shared import Strict


class AugmentationSettings(Strict):
    """How far a slice is changed: the arguments of `draw_augmentation`."""

    flip: float = Field(0.5, ge=0, le=1)
    rotation_deg: float = Field(10.0, ge=0, le=180)
    scale: float = Field(0.0, ge=0, lt=1)
    intensity: float = Field(0.0, ge=0, lt=1)


@dataclass(frozen=True)
class Augmentation:
    """One drawn transform a slice, replayable: arrays of length N.

    mirror_x, mirror_y: left-right and up-down flips. angle_deg: rotation about the centre. zoom: > 1 enlarges.
    gain, shift: the image becomes gain * image + shift (None: unchanged); masks never do.
    """

    mirror_x: np.ndarray
    mirror_y: np.ndarray
    angle_deg: np.ndarray
    zoom: np.ndarray
    gain: np.ndarray | None = None
    shift: np.ndarray | None = None

    @classmethod
    def identity(cls, count: int) -> "Augmentation":
        still = np.zeros(count, bool)
        return cls(still, still, np.zeros(count), np.ones(count))


def draw_augmentation(
    rng: np.random.Generator,
    count: int,
    *,
    flip: float = 0.5,
    rotation_deg: float = 10.0,
    scale: float = 0.0,
    intensity: float = 0.0,
) -> Augmentation:
    """Draw for `count` slices, each uniformly: left-right flip with probability `flip`, angle in +-rotation_deg,
    zoom in 1 +- scale, gain in 1 +- intensity, shift in +-intensity.
    """
    flips, angle, zoom = (
        rng.random(count) < flip,
        rng.uniform(-rotation_deg, rotation_deg, count),
        rng.uniform(1 - scale, 1 + scale, count),
    )
    if intensity == 0:
        return Augmentation(flips, np.zeros(count, bool), angle, zoom)
    gain, shift = rng.uniform(1 - intensity, 1 + intensity, count), rng.uniform(-intensity, intensity, count)
    return Augmentation(flips, np.zeros(count, bool), angle, zoom, gain, shift)


def apply_augmentation(augmentation: Augmentation, image: Tensor, *masks: Tensor) -> tuple[Tensor, ...]:
    """The transformed image (N, C, H, W), bilinear, and masks (N, K, H, W), nearest; outside is 0.

    Image and masks go through the same grid, so that a mask stays on its anatomy.
    """
    grid = _grid(augmentation, image, undo=False)
    lit = functional.grid_sample(image, grid, mode="bilinear", align_corners=False)
    if augmentation.gain is not None and augmentation.shift is not None:
        gain, shift = (torch.from_numpy(v).to(image) for v in (augmentation.gain, augmentation.shift))
        lit = gain[:, None, None, None] * lit + shift[:, None, None, None]
    moved = [lit]
    moved += [functional.grid_sample(mask, grid, mode="nearest", align_corners=False) for mask in masks]
    return tuple(moved)


def move_masks(augmentation: Augmentation, masks: Tensor) -> Tensor:
    """Masks (N, K, H, W) as `apply_augmentation` moves them."""
    grid = _grid(augmentation, masks, undo=False)
    return functional.grid_sample(masks, grid, mode="nearest", align_corners=False)


def undo_augmentation(augmentation: Augmentation, maps: Tensor) -> Tensor:
    """Maps (N, K, H, W) of transformed slices back in the original frame, bilinear; 0 where nothing is known."""
    return functional.grid_sample(maps, _grid(augmentation, maps, undo=True), mode="bilinear", align_corners=False)


def _grid(augmentation: Augmentation, like: Tensor, *, undo: bool) -> Tensor:
    """Sampling grid (N, H, W, 2): for each output pixel, where in the input it is read."""
    angle, zoom = torch.from_numpy(np.deg2rad(augmentation.angle_deg)), torch.from_numpy(augmentation.zoom)
    signs = [torch.from_numpy(np.where(m, -1.0, 1.0)) for m in (augmentation.mirror_x, augmentation.mirror_y)]
    rotation = torch.stack([torch.cos(angle), -torch.sin(angle), torch.sin(angle), torch.cos(angle)], 1)
    matrix = torch.diag_embed(torch.stack(signs, 1)) @ rotation.view(-1, 2, 2) / zoom[:, None, None]
    if undo:
        matrix = torch.linalg.inv(matrix)
    rows = torch.cat([matrix, torch.zeros(len(matrix), 2, 1, dtype=matrix.dtype)], 2).to(like.dtype)
    return functional.affine_grid(rows.to(like.device), list(like.shape), align_corners=False)
