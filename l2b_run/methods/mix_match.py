"""MixMatch's parts (Berthelot et al., NeurIPS 2019), as DivideMix (Li et al., ICLR 2020) puts them together."""

import numpy as np
import torch
from torch import Tensor


def sharpened(probabilities: Tensor, temperature: float) -> Tensor:
    """p^(1/T) / sum p^(1/T) over axis 1, of (B, K, *E) with sum 1 there; T = 1 leaves them, T -> 0 makes them hard.

    K = 1 is a foreground's probability: the background's, 1 - p, is sharpened beside it.
    """
    if probabilities.shape[1] == 1:
        return sharpened(torch.cat([1 - probabilities, probabilities], 1), temperature)[:, 1:]
    powered = probabilities.clamp_min(0) ** (1 / temperature)
    return powered / powered.sum(1, keepdim=True)


def ramp(passed: float, length: float) -> float:
    """Share in [0, 1] of a weight that grows evenly over `length` epochs, after `passed` of them; 1 where it is 0."""
    return 1.0 if length == 0 else min(max(passed / length, 0.0), 1.0)


def mixed(inputs: Tensor, targets: Tensor, rng: np.random.Generator, *, concentration: float) -> tuple[Tensor, Tensor]:
    """Inputs (B, ...) and targets (B, ...), each mixed with another row's by one share l = max(b, 1 - b), b ~ Beta.

    A row keeps the larger share of itself, so that it stays labelled or unlabelled as it was.
    """
    drawn = float(rng.beta(concentration, concentration))
    keep, order = max(drawn, 1 - drawn), torch.from_numpy(rng.permutation(len(inputs))).to(inputs.device)
    return keep * inputs + (1 - keep) * inputs[order], keep * targets + (1 - keep) * targets[order]
