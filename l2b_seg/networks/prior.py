"""The last layer's start: it predicts every class by its share, so that no step goes into learning how rare it is."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_SPREAD = 0.1  # of the drawn weights: what they add to the first logits is small beside the bias, and gradients pass


@torch.no_grad()
def start_at_prior(layer: nn.Conv2d, prior: Sequence[float]) -> None:
    """Set bias and weights of the output `layer` so that its first probabilities are about `prior`.

    prior: shares of background and classes, above 0; brought to sum 1. One output: the logit of the only class's share;
    else the log of every share (the bias of RetinaNet's classes, Lin et al. 2017, for a softmax too). A bias of 0 says
    0.5 to every pixel: where the foreground is 2 %, the first hundreds of steps then teach an empty mask.
    Raises ValueError where the shares are not as many as the outputs need, or the layer has no bias.
    """
    if layer.bias is None or len(prior) != max(layer.out_channels, 2):
        raise ValueError(f"a prior of {len(prior)} shares for a layer of {layer.out_channels} outputs")
    shares: Tensor = torch.tensor(prior, dtype=torch.float64) / sum(prior)
    bias = shares.log() if layer.out_channels > 1 else (shares[1] / shares[0]).log()[None]
    layer.bias.copy_(bias)
    layer.weight.mul_(_SPREAD)
