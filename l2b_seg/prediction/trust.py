"""Trust in a pixel's given label: its calibrated probability under a network that did not see the case."""

from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, logit

from l2b_data.cases.dataset import ENDING

_TINY = 1e-6  # probabilities are kept this far from 0 and 1, where their logit is not finite
_RANGE = (0.05, 20.0)  # of temperatures


def temperature(probability: np.ndarray, labels: np.ndarray) -> float:
    """The temperature T that makes probabilities (K, *E) true: softmax(log p / T) has the least log loss on the labels.

    K = 1: the probability of label 1, else of the labels 0 to K - 1. labels (*E): the right ones, integers, of elements
    the network has not seen. Above 1 the network was too sure; it is 1 without elements, and from 0.05 to 20. Source:
    temperature scaling (Guo et al., ICML 2017).
    """
    scores = _log_probability(probability).reshape(_labels_of(probability), -1)
    right = labels.reshape(1, -1).astype(np.intp)
    if not right.size:
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(scores / np.exp(log_temperature), axis=0)
        return -float(np.take_along_axis(scaled, right, axis=0).mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded").x))


def trust(probability: np.ndarray, given: np.ndarray, temperature: float) -> np.ndarray:
    """Calibrated probability (D, H, W) float32, in [0, 1], that the label given to each pixel is right.

    probability: (K, D, H, W) as `temperature` takes them; given: (D, H, W) label values.
    """
    if len(probability) == 1:  # as below, six times as fast
        scores = logit(np.clip(probability[0], _TINY, 1 - _TINY)) / np.float32(temperature)
        return expit(np.where(given > 0, scores, -scores)).astype(np.float32)
    scaled = log_softmax(_log_probability(probability) / np.float32(temperature), axis=0)
    return np.exp(np.take_along_axis(scaled, given[None].astype(np.intp), axis=0)[0]).astype(np.float32)


def trust_path(audit: Path, case: str) -> Path:
    """Where an audit in this folder keeps the trust in the given mask of a case."""
    return audit / "trust" / f"{case}_trust{ENDING}"


def _labels_of(probability: np.ndarray) -> int:
    return max(2, len(probability))


def _log_probability(probability: np.ndarray) -> np.ndarray:
    """Logarithms (max(2, K), *E) float32, of both labels where K is 1."""
    kept = np.clip(probability, _TINY, 1 - _TINY)
    return np.log(np.concatenate([1 - kept, kept]) if len(kept) == 1 else kept).astype(np.float32)
