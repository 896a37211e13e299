"""Soft targets of labelled and unlabelled samples: co-refinement and co-guessing (DivideMix, ICLR 2020, eq. 3-5)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from l2b_run.methods.mix_match import sharpened


@torch.no_grad()
def co_refined(
    model: nn.Module, views: Sequence[Tensor], given: Tensor, trust: Tensor, *, temperature: float
) -> Tensor:
    """w y + (1 - w) p, sharpened, (B, K): given labels as one-hot (B, K), trust w (B,), p the mean over the views.

    The network stays in train mode, as released.
    """
    own = _mean_softmax([model], views)
    return sharpened(trust[:, None] * given + (1 - trust[:, None]) * own, temperature)


@torch.no_grad()
def co_guessed(model: nn.Module, other: nn.Module, views: Sequence[Tensor], *, temperature: float) -> Tensor:
    """The mean softmax of both networks over the views, sharpened, (B, K); the other network is in eval mode."""
    other.eval()
    return sharpened(_mean_softmax([model, other], views), temperature)


def _mean_softmax(networks: Sequence[nn.Module], views: Sequence[Tensor]) -> Tensor:
    found = [torch.softmax(network(view), 1) for network in networks for view in views]
    return torch.stack(found).mean(0)
