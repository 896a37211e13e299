"""A net that gives alpha and beta of an element from its features, and learns from the alignments."""

import math

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.descend import descend
from l2b.normalize import Normalizer
from l2b.untouched import full_precision
from l2b.weight_net.net import batch_share


class LabelWeightNet(nn.Module):
    """V: how far to trust an element's given label, its pseudo-label and neither, of sum 1, from its `features`.

    Linear features to `hidden`, ReLU, linear to 3, softmax. The last layer starts at 0 but for its bias, so that every
    element starts at `prior`: positive shares of given label, pseudo-label and neither.
    """

    log_prior: Tensor

    def __init__(self, features: int, hidden: int = 32, prior: tuple[float, float, float] = (0.8, 0.1, 0.1)) -> None:
        super().__init__()
        if min(features, hidden) < 1 or min(prior) <= 0:
            raise ValueError(
                f"LabelWeightNet: features {features}, hidden {hidden}, prior {prior}: all must be above 0"
            )
        self.hidden, self.last = nn.Linear(features, hidden), nn.Linear(hidden, 3)
        self.register_buffer("log_prior", torch.tensor([math.log(share / sum(prior)) for share in prior]))
        with torch.no_grad():
            self.last.weight.zero_()
            self.last.bias.copy_(self.log_prior)

    def forward(self, features: Tensor) -> Tensor:
        """Logarithms (3, B, *E) of the shares, from features (B, *E, features)."""
        return torch.log_softmax(self.last(torch.relu(self.hidden(features))), -1).movedim(-1, 0)


def learnt(
    net: LabelWeightNet, optimizer: Optimizer, features: Tensor, *, pull: float = 0.0, used: bool = True
) -> Normalizer:
    """A normaliser for one step on these features (B, *E, F): `net` learns from the alignments, then gives the weights.

        weights = V / sum V   shares (2, B, *E) of given and pseudo-label over their sum over the batch
        V: one step of `optimizer` up sum(weights * a) / r - pull * mean KL(V | prior), r the root mean square of a

    -sum(weights * a), a held constant, has the gradient to V of the meta loss after the lookahead step, from zero
    weights along V's (L2B, CVPR 2024, eq. 4-7): the double backward, without a second-order graph or a further pass. r
    makes learning rate and size of the meta gradient cancel; a batch whose alignments are all 0 leaves the pull alone.
    `used=False`: the net learns, the weights are those of the plain mean over the given labels.
    """

    def normalize(a: Tensor) -> Tensor:
        with torch.enable_grad(), full_precision(a.device):
            descend(net, optimizer, objective(net, features, a, pull=pull), clip_norm=None)
        if not used:
            return torch.stack([torch.full_like(a[0], 1 / a[0].numel()), torch.zeros_like(a[1])])
        with torch.no_grad(), full_precision(a.device):
            return batch_share(net(features)[:2].exp())

    return normalize


def objective(net: LabelWeightNet, features: Tensor, a: Tensor, *, pull: float) -> Tensor:
    """What `learnt` minimises over the net, a scalar with graph; a (2, B, *E)."""
    logs = net(features)
    spread = a.square().mean().sqrt()
    gained = (batch_share(logs[:2].exp()) * a).sum() / torch.where(spread > 0, spread, 1)
    prior = net.log_prior.view(-1, *[1] * (logs.ndim - 1))
    divergence: Tensor = (logs.exp() * (logs - prior)).sum(0).mean()
    return pull * divergence - gained
