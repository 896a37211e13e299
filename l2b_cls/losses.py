"""Losses a sample: each maps logits (B, K) and a target to (B,), in the logits' dtype; B = 0 gives an empty result."""

import torch
from torch import Tensor
from torch.nn import functional

from l2b.candidate_losses import Loss

_TINY = 1e-12


def cross_entropy(logits: Tensor, target: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """-log p_y, (B,); target (B,) int64, or a distribution over the classes (B, K): -sum_k q_k log p_k.

    smoothing: share of the target that is spread evenly over all K classes first (Szegedy et al. 2016).
    """
    return functional.cross_entropy(logits, target, reduction="none", label_smoothing=smoothing)


def mae(logits: Tensor, target: Tensor) -> Tensor:
    """2 (1 - p_y), (B,) in [0, 2]: the L1 distance of softmax and one-hot target (B,) int64 (RMNW-Net, WACV 2021).

    Its sum over all K targets is 2 (K - 1) whatever the logits, which is why uniform label noise only scales it.
    """
    return 2 * (1 - torch.softmax(logits, 1).gather(1, target[:, None])[:, 0])


def bootstrap_hard(share: float) -> Loss:
    """share * CE(y) + (1 - share) * CE(argmax p), the argmax a constant (Reed et al. 2015; L2B, CVPR 2024, eq. 1-2)."""

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        own = logits.detach().argmax(1)
        return share * cross_entropy(logits, target) + (1 - share) * cross_entropy(logits, own)

    return loss


def bootstrap_soft(share: float, *, detach_target: bool = False) -> Loss:
    """Cross-entropy of the target share * y + (1 - share) * p, p the network's own softmax (Reed et al. 2015).

    The gradient flows through p in the target as well, which presses the prediction's entropy down;
    `detach_target` holds it constant, as later authors do.
    """

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        log_p = torch.log_softmax(logits, 1)
        p = log_p.detach().exp() if detach_target else log_p.exp()
        return share * cross_entropy(logits, target) - (1 - share) * (p * log_p).sum(1)

    return loss


def focal(gamma: float) -> Loss:
    """-(1 - p_y)^gamma log p_y, no class weight (Lin et al. 2017); gamma = 0 is the cross-entropy."""

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        entropy = cross_entropy(logits, target)
        wrong = -torch.expm1(-entropy)  # 1 - p_y, exact where p_y is close to 1
        return wrong.clamp_min(_TINY) ** gamma * entropy

    return loss


def given_label_loss(logits: Tensor, target: Tensor, log_transition: Tensor) -> Tensor:
    """-log sum_i p_i T[i, y], (B,): how likely the given labels y (B,) int64 are, where p are the true ones' chances.

    log_transition (K, K): log of T, row i how likely each label is given to class i (GLC, NeurIPS 2018; S-model, ICLR
    2017).
    """
    return -torch.logsumexp(torch.log_softmax(logits, 1) + log_transition[:, target].T, 1)


def one_hot(labels: Tensor, classes: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Labels (B,) int64 as distributions (B, classes)."""
    return functional.one_hot(labels, classes).to(dtype)


def mixed_target(first: Tensor, second: Tensor, keep: float, classes: int) -> Tensor:
    """keep * one_hot(first) + (1 - keep) * one_hot(second), (B, classes) float32, of labels (B,) int64.

    Cross-entropy is linear in its target: with this one it is keep CE(first) + (1 - keep) CE(second), mixup's loss.
    """
    return keep * one_hot(first, classes) + (1 - keep) * one_hot(second, classes)


def contrastive_loss(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """NT-Xent, a scalar, of projections (B, F) of two views each (SimCLR; Chen et al., ICML 2020, eq. 1).

    Rows are brought to length 1. Each of the 2 B views is to find its partner among the 2 B - 1 others; the mean over
    all views. B = 1: the partner is the only one left, 0.
    """
    both = functional.normalize(torch.cat([first, second]), dim=1)
    alike = both @ both.T / temperature
    alike = alike.masked_fill(torch.eye(len(both), dtype=torch.bool, device=both.device), -torch.inf)
    partner = torch.arange(len(both), device=both.device).roll(len(first))
    return functional.cross_entropy(alike, partner)
