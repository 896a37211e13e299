"""Binary segmentation as the engine sees it: a loss and a pseudo-label a pixel."""

from torch import Tensor
from torch.nn import functional


def pixel_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy (B, H, W) of logits (B, 1, H, W) against targets (B, 1, H, W) in [0, 1]."""
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="none")[:, 0]


def hard_pseudo_label(logits: Tensor) -> Tensor:
    """The network's own label, 1 where its probability is above 0.5; shape and dtype of `logits` (B, 1, H, W)."""
    return (logits > 0).to(logits.dtype)
