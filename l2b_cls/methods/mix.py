"""Pairs of a batch, mixed."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from l2b_cls.losses import mixed_target


@dataclass(frozen=True)
class Mixed:
    """keep * image i + (1 - keep) * image order[i]: images (B, C, H, W), target (B, K) float32, order (B,) int64."""

    images: Tensor
    target: Tensor
    order: Tensor


def mix(images: Tensor, labels: Tensor, rng: np.random.Generator, concentration: float, classes: int) -> Mixed:
    """Mix images (B, C, H, W) and labels (B,) int64 in pairs, with one keep ~ Beta(concentration, concentration).

    mixup (Zhang et al. 2018); the released L2B code draws from Beta(32, 32), so nearly halves.
    """
    keep = float(rng.beta(concentration, concentration))
    order = torch.from_numpy(rng.permutation(len(images))).to(images.device)
    target = mixed_target(labels, labels[order], keep, classes)
    return Mixed(keep * images + (1 - keep) * images[order], target, order)
