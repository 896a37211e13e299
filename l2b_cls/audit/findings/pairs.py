"""Classes given for one another: how often, beyond what the judges themselves confuse."""

from dataclasses import dataclass, field

import numpy as np

_STEPS = 50
_RIGHT_AT_START = 0.9
_PRIOR = 5  # clean samples' worth of what other classes are mistaken for
_BOUND = 0.25  # standard errors an excess is lowered by
_LISTED = 2.0  # standard errors from which a pair is listed
_LEAST = 0.02  # share of wrong labels that is never ruled out


@dataclass(frozen=True)
class Confusions:
    """(K, K) each, class (row) given as (column). transition: share of a class given a label, of which noise that hits
    all classes alike has `uniform`, spread evenly. counts: samples, by their most likely classes. expected: how many of
    them the judges' own confusions explain. excess: how many they do not, less a quarter of a standard error. z: the
    difference, less what other pairs usually have, in standard errors. corrected: whether clean samples were there to
    know the judges' confusions by."""

    transition: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)
    excess: np.ndarray = field(repr=False)
    z: np.ndarray = field(repr=False)
    uniform: float
    corrected: bool

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(class, given as) of those that stand out, most first; the other way round does not."""
        rows, columns = np.nonzero((self.z >= _LISTED) & (self.z > self.z.T) & (self.z.T < _LISTED))
        return sorted(zip(rows.tolist(), columns.tolist(), strict=True), key=lambda pair: -float(self.z[pair]))


def confusions(
    probabilities: np.ndarray, given: np.ndarray, clean_probabilities: np.ndarray, clean: np.ndarray
) -> Confusions:
    """From probabilities (n, K) and given labels (n,), and those of clean samples (m, K) with their labels (m,); m = 0.

    Counts by expectation maximisation of the transition (Dawid and Skene 1979, with the judges as one of two raters),
    one pseudo-count a class. Under that transition the clean samples of a class have posteriors too: what they leave
    to another class is the judges' own confusion, shrunk towards that of the samples of other classes, and explains as
    large a share of the labels given as that class. Without clean samples every class is confused alike.
    """
    classes = probabilities.shape[1]
    transition = _fit(probabilities, given)
    counts = _sums(_posterior(probabilities, given, transition), given)
    leak = _leak(_posterior(clean_probabilities, clean, transition), clean, counts, given)
    many = np.bincount(given, minlength=classes)
    expected = leak * many
    error = np.sqrt(counts + many**2 * leak * (1 - leak) / (np.bincount(clean, minlength=classes) + _PRIOR) * 0.3 + 1)
    off = ~np.eye(classes, dtype=bool)
    usual = float(np.median(np.maximum(counts - expected, 0)[off])) if classes > 2 else 0.0
    z = np.where(off, (counts - expected - usual) / error, 0)
    excess = np.where(off, np.maximum(counts - expected - _BOUND * error, 0), 0)
    wrong = counts[off].sum() - excess.sum()
    uniform = float(max(wrong / max(len(given), 1), _LEAST))
    known = np.full((classes, classes), uniform / max(classes - 1, 1)) + excess / np.maximum(counts.sum(1), 1)[:, None]
    np.fill_diagonal(known, 1 - uniform)
    return Confusions(known, counts, expected, excess, z, uniform, bool(len(clean)))


def _fit(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    classes = probabilities.shape[1]
    transition = np.full((classes, classes), (1 - _RIGHT_AT_START) / max(classes - 1, 1))
    np.fill_diagonal(transition, _RIGHT_AT_START)
    for _ in range(_STEPS):
        counts = _sums(_posterior(probabilities, given, transition), given)
        wrong = 1 - np.trace(counts) / max(counts.sum(), 1)
        prior = np.full((classes, classes), wrong / max(classes - 1, 1))
        np.fill_diagonal(prior, 1 - wrong)
        transition = (counts + prior) / (counts.sum(1, keepdims=True) + 1)
    return transition


def _posterior(probabilities: np.ndarray, given: np.ndarray, transition: np.ndarray) -> np.ndarray:
    joint = probabilities * transition[:, given].T
    found: np.ndarray = joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)
    return found


def _sums(posterior: np.ndarray, given: np.ndarray) -> np.ndarray:
    classes = posterior.shape[1]
    counts = np.zeros((classes, classes))
    np.add.at(counts.T, given, posterior)
    return counts


def _leak(posterior: np.ndarray, clean: np.ndarray, counts: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(K, K): share of the posterior of clean samples of a class (column) that goes to another (row)."""
    classes = posterior.shape[1]
    if not len(clean):
        usual = (counts.sum(1) - np.diag(counts)) / max(len(given), 1)
        return np.repeat(usual[:, None], classes, 1)
    found = np.zeros((classes, classes))
    for column in range(classes):
        own = posterior[clean == column]
        for row in range(classes):
            rest = posterior[(clean != column) & (clean != row), row]
            usual = float(rest.mean()) if len(rest) else 0.0
            found[row, column] = (own[:, row].sum() + _PRIOR * usual) / (len(own) + _PRIOR)
    return found
