"""UniCon's selection (Karim et al., CVPR 2022): labels the networks agree with, of every class as many."""

import math
from typing import Literal

import numpy as np
from torch import Tensor

from l2b_cls.losses import one_hot

_TINY = 1e-10


def label_divergence(probabilities: Tensor, labels: Tensor, *, log_base: Literal["e", "2"]) -> np.ndarray:
    """Jensen-Shannon divergence (n,) of probabilities (n, K) float64 and labels (n,) as one-hot.

    Between 0 and log 2: 0.693 with base e, 1 with base 2.
    """
    target = one_hot(labels, probabilities.shape[1], probabilities.dtype)
    middle = (probabilities + target) / 2

    def to_middle(p: Tensor) -> Tensor:
        return (p * ((p + _TINY).log() - (middle + _TINY).log())).sum(1)

    found: np.ndarray = ((to_middle(probabilities) + to_middle(target)) / 2).numpy()
    return found / (math.log(2) if log_base == "2" else 1.0)


def selection_threshold(divergence: np.ndarray, *, high: float, divisor: float) -> float:
    """The mean divergence; where that is above `high`, moved towards the smallest one by 1 / divisor of the way."""
    mean, least = float(divergence.mean()), float(divergence.min())
    return mean - (mean - least) / divisor if mean > high else mean


def class_balanced(divergence: np.ndarray, labels: np.ndarray, threshold: float, *, classes: int) -> np.ndarray:
    """Chosen samples (n,) bool: of every given class as many, those of smallest divergence; of a short class all.

    As many as make up the share of all samples that lies below `threshold`, at least one a class. The released code
    fills a short class up with the first image of the set.
    """
    share = float((divergence < threshold).mean())
    each = max(1, int(share * len(labels) / classes))
    chosen = np.zeros(len(labels), bool)
    for label in range(classes):
        members = np.flatnonzero(labels == label)
        chosen[members[np.argsort(divergence[members], kind="stable")[:each]]] = True
    return chosen
