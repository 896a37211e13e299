"""Two networks that predict together."""

from collections.abc import Callable

from torch import Tensor, nn


class Pair(nn.Module):
    """The mean of two networks' logits: the labels of their sum (DivideMix), no surer than one network is."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.training = first.training

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = (self.first(x) + self.second(x)) / 2
        return logits


def predicting_network(network: Callable[[], nn.Module], networks: int) -> nn.Module:
    """What a finished run predicts with, freshly made: one network, or a Pair of two."""
    return network() if networks == 1 else Pair(network(), network())
