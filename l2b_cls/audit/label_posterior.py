"""Which label a sample has, by what a network says of it, the label it was given, and how labels get mixed up."""

from dataclasses import dataclass, field

import numpy as np

TEMPERATURES = (0.125, 0.18, 0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0)
"""Tried for the network's probabilities; below 1 sharpens: out of fold, under label noise, networks are too modest."""

_STEPS = 50
_RIGHT_AT_START = 0.9
_FLOOR = 1e-7  # probabilities below it are rounding of float32


@dataclass(frozen=True)
class LabelPosterior:
    """posterior: (n, K) float64, rows sum to 1. transition: (K, K), share of class k (row) given label g (column).

    log_odds: (n,), of the given label being wrong: ranks where the posterior is 0 or 1 by rounding. temperature: the
    one of TEMPERATURES that was chosen.
    """

    posterior: np.ndarray = field(repr=False)
    transition: np.ndarray = field(repr=False)
    log_odds: np.ndarray = field(repr=False)
    temperature: float

    @property
    def proposed(self) -> np.ndarray:
        """(n,) int64, the most probable label."""
        return self.posterior.argmax(1)


def label_posterior(probabilities: np.ndarray, given: np.ndarray) -> LabelPosterior:
    """Posterior of every sample's label, from probabilities (n, K) of networks that did not see its given label (n,).

    Model: class k with probability q_k(x), proportional to p_k(x)^(1 / temperature); given label g with probability
    T[k, g]. T by expectation maximisation (Dawid and Skene 1979, with a network as one of the two raters) from a start
    that has 90 % right, one pseudo-count a row; of TEMPERATURES the one that makes the given labels most likely.
    Posterior: q_k T[k, g], normalised.

    With noise that hits all classes alike the given label's probability decides, as its loss does; with noise that
    turns one class into another, T tells a likely mistake from an unlikely one. RESULTS.md has the numbers. Beyond
    half of a class wrong the same way, nothing in the data says which of the two names is the right one.
    """
    logs = np.log(np.clip(np.asarray(probabilities, np.float64), _FLOOR, 1))
    order = np.argsort(given, kind="stable")
    fits = [_fit(logs[order], given[order], temperature) for temperature in TEMPERATURES]
    _, transition, temperature = max(fits, key=lambda fit: fit[0])
    joint = _tempered(logs, temperature) + np.log(transition)[:, given].T
    of_given = np.take_along_axis(joint, given[:, None], 1)[:, 0]
    others = joint.copy()
    np.put_along_axis(others, given[:, None], -np.inf, 1)
    posterior = np.exp(joint - _log_sum(joint)[:, None])
    return LabelPosterior(posterior, transition, _log_sum(others) - of_given, temperature)


def _fit(logs: np.ndarray, given: np.ndarray, temperature: float) -> tuple[float, np.ndarray, float]:
    """Mean log likelihood of the given labels, sorted here, and the transition, at a temperature."""
    prior = np.exp(_tempered(logs, temperature))
    classes = prior.shape[1]
    present, starts = np.unique(given, return_index=True)
    transition = np.full((classes, classes), (1 - _RIGHT_AT_START) / (classes - 1))
    np.fill_diagonal(transition, _RIGHT_AT_START)
    likelihood = 0.0
    for _ in range(_STEPS):
        joint = prior * transition[:, given].T
        totals = joint.sum(1, keepdims=True)
        counts = np.full((classes, classes), 1 / classes)
        counts[:, present] += np.add.reduceat(joint / totals, starts, axis=0).T
        transition = counts / counts.sum(1, keepdims=True)
        likelihood = float(np.log(totals).mean())
    return likelihood, transition, temperature


def _tempered(logs: np.ndarray, temperature: float) -> np.ndarray:
    scaled = logs / temperature
    return scaled - _log_sum(scaled)[:, None]


def _log_sum(logs: np.ndarray) -> np.ndarray:
    """log of the sum of exponentials along axis 1."""
    top = logs.max(1)
    return top + np.log(np.exp(logs - top[:, None]).sum(1))
