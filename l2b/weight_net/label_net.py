"""A net that gives alpha and beta of an element from its features, and learns from the alignments."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from l2b.descend import descend
from l2b.normalize import Normalizer
from l2b.untouched import full_precision


class LabelWeightNet(nn.Module):
    """V: the pseudo-label's share of an element's weight, in (0, 1), from its `features`; the given label has the rest.

    Linear features to `hidden`, ReLU, linear to 1, sigmoid. The last layer starts at 0 but for its bias, so that every
    element starts at the share `prior`.
    """

    prior: Tensor

    def __init__(self, features: int, hidden: int = 32, prior: float = 0.1) -> None:
        super().__init__()
        if features < 1 or hidden < 1 or not 0 < prior < 1:
            raise ValueError(
                f"LabelWeightNet({features}, {hidden}, {prior}): features and hidden must be at least 1, the prior "
                "share between 0 and 1"
            )
        self.register_buffer("prior", torch.tensor(float(prior)))
        last = nn.Linear(hidden, 1)
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, math.log(prior / (1 - prior)))
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), last)

    def forward(self, features: Tensor) -> Tensor:
        """Shares (B, *E) of features (B, *E, features); an empty batch gives an empty one."""
        return torch.sigmoid(self.log_odds(features))

    def log_odds(self, features: Tensor) -> Tensor:
        """log V / (1 - V), (B, *E)."""
        odds: Tensor = self.layers(features).squeeze(-1)
        return odds

    def divergence(self, odds: Tensor) -> Tensor:
        """KL(V | prior) of each of these log odds (B, *E)."""
        pseudo, given = functional.logsigmoid(odds), functional.logsigmoid(-odds)
        return pseudo.exp() * (pseudo - self.prior.log()) + given.exp() * (given - (1 - self.prior).log())


def learnt(net: LabelWeightNet, optimizer: Optimizer, features: Tensor, *, pull: float = 0.0) -> Normalizer:
    """A normaliser of one step on elements of these features (B, *E, F): `net` learns from a, then gives the weights.

        alpha = (1 - V) / n, beta = V / n         n elements; where both labels are the same, alpha = 1 / n, beta = 0
        V: one step of `optimizer` up sum(alpha a[0] + beta a[1]) / r - pull mean KL(V | prior)
        r: root mean square of a[1] - a[0] where the labels differ; KL is 0 where they do not

    A step on V comes before its weights, as in MW-Net. -sum(weights * a), a held constant, has the gradient to V of the
    meta loss after the lookahead step (L2B, CVPR 2024, eq. 4-7; at weights 0, from where they move as V does): the
    double backward, without a second-order graph or a further pass. r makes learning rate and meta gradient's size
    cancel. a averages over all elements with like features what one batch's meta gradient says of each with much noise.
    Without a pull V ends at 0 or 1; with it, at the prior's log odds plus what is preferred on average over `pull`.
    """

    def normalize(a: Tensor) -> Tensor:
        differ = a[1] != a[0]
        with torch.enable_grad(), full_precision(a.device):
            if bool(differ.any()):
                descend(net, optimizer, _loss(net, features, torch.where(differ, a[1] - a[0], 0), pull), clip_norm=None)
        with torch.no_grad(), full_precision(a.device):
            beta = torch.where(differ, net(features), 0)
        return torch.stack([1 - beta, beta]) / beta.numel()

    return normalize


def _loss(net: LabelWeightNet, features: Tensor, preferred: Tensor, pull: float) -> Tensor:
    """What `learnt` minimises over V; preferred (B, *E): a[1] - a[0], 0 where the labels are the same, but not all."""
    differ = preferred != 0
    unit = preferred / preferred.abs().amax()  # squares of what it leaves neither overflow nor vanish
    unit = unit / unit[differ].square().mean().sqrt()
    odds = net.log_odds(features)
    return (torch.where(differ, pull * net.divergence(odds), 0) - torch.sigmoid(odds) * unit).mean()
