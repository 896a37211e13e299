"""Several label columns of one set: where they contradict the given labels, and how far each is to be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

_STEPS = 20
_LEAST = 0.01


@dataclass(frozen=True)
class Columns:
    """log_likelihood: (n, K), of each class under what the other columns say, their mean; 0 where none says anything.
    others: column -> (n,) its labels, -1: none. wrong: column -> estimated share of wrong labels."""

    log_likelihood: np.ndarray = field(repr=False)
    others: dict[str, np.ndarray] = field(repr=False)
    wrong: dict[str, float]

    def contradicted(self, given: np.ndarray) -> np.ndarray:
        """(n,) bool: some column has another label."""
        found = np.zeros(len(given), bool)
        for labels in self.others.values():
            found |= (labels >= 0) & (labels != given)
        return found


def read_columns(columns: Mapping[str, np.ndarray], given: np.ndarray, joint: np.ndarray) -> Columns:
    """Columns (n,) with -1 for none, but those that are the given labels (n,) themselves.

    joint: (n, K), each class's likelihood by the judges and the given label. A column errs with one rate, at all
    classes alike, fitted by expectation maximisation. Of several the mean of the logarithms counts, as one annotator's
    word: columns made from one another (an aggregate) would count twice.
    """
    classes = joint.shape[1]
    others = {name: labels for name, labels in columns.items() if (labels >= 0).any()}
    others = {name: labels for name, labels in others.items() if (labels != given)[labels >= 0].any()}
    wrong = {name: _share_wrong(labels, joint) for name, labels in others.items()}
    said, many = np.zeros(joint.shape), np.zeros((len(given), 1))
    for name, labels in others.items():
        there = np.flatnonzero(labels >= 0)
        rate = np.full((len(there), classes), wrong[name] / max(classes - 1, 1))
        rate[np.arange(len(there)), labels[there]] = 1 - wrong[name]
        said[there] += np.log(rate)
        many[there] += 1
    return Columns(said / np.maximum(many, 1), others, wrong)


def _share_wrong(labels: np.ndarray, joint: np.ndarray) -> float:
    there = np.flatnonzero(labels >= 0)
    classes, rows, rate = joint.shape[1], np.arange(len(there)), 0.1
    for _ in range(_STEPS):
        weighed = joint[there] * rate / max(classes - 1, 1)
        weighed[rows, labels[there]] = joint[there, labels[there]] * (1 - rate)
        right = weighed[rows, labels[there]] / np.maximum(weighed.sum(1), 1e-300)
        rate = float(np.clip(1 - right.mean(), _LEAST, 0.5))
    return rate
