"""MW-Net's weighting function, and what makes a batch's weights of its outputs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

WeightNorm = Callable[[Tensor], Tensor]


class WeightNet(nn.Module):
    """V: one number in (0, 1) of each loss: linear 1 to `hidden`, ReLU, linear to 1, sigmoid; torch's default draw.

    Source: Meta-Weight-Net (Shu et al. 2019); RMNW-Net (WACV 2021) takes it over; hidden = 100 in both.
    """

    def __init__(self, hidden: int = 100) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"WeightNet hidden must be at least 1, got {hidden}")
        self.layers = nn.Sequential(nn.Linear(1, hidden), nn.ReLU(), nn.Linear(hidden, 1), nn.Sigmoid())

    def forward(self, losses: Tensor) -> Tensor:
        """Weights (B, *E) of losses (B, *E), whatever the shape; an empty one gives an empty one."""
        weights: Tensor = self.layers(losses.unsqueeze(-1)).squeeze(-1)
        return weights


def batch_share(v: Tensor) -> Tensor:
    """v / sum(v), of sum 1; v itself where the sum is 0 (released code of MW-Net and RMNW-Net). Any shape."""
    total = v.sum()
    return v / torch.where(total > 0, total, 1)


def batch_mean(v: Tensor) -> Tensor:
    """v / n, as both papers print the loss: 1/n sum_i v_i l_i. Any shape; the empty one stays as it is."""
    return v / max(1, v.numel())
