"""A second opinion of every label: a linear classifier on what the judges read, and on plain features."""

import numpy as np

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Shares of the second opinion that are tried; half at most, so that the judges keep the larger say."""

_PARTS = 5
_COMPONENTS, _THUMBNAIL = 64, 30
_LARGEST = 10_000  # samples a classifier is fitted to
_FLOOR = 1e-7  # probabilities below it are rounding of float32


def plain_features(thumbnails: np.ndarray, statistics: np.ndarray) -> np.ndarray:
    """(n, F) float64 of thumbnails (n, T) and standardised statistics (n, S), of comparable size."""
    shown = _components(thumbnails.astype(np.float64), _THUMBNAIL)
    return np.concatenate([shown, np.clip(statistics / 3, -3, 3)], 1)


def second_opinion(
    probabilities: np.ndarray,
    labels: np.ndarray,
    known: np.ndarray,
    *,
    features: np.ndarray | None,
    plain: np.ndarray,
    fold: np.ndarray,
    groups: np.ndarray,
    seed: int = 0,
) -> np.ndarray:
    """Probabilities (n, K) mixed with a second opinion.

    labels: (n,) given ones; those that are not `known` (n,) bool are judged and not learnt from. features: (n, F) of
    the network that judged a sample, None where there are none; plain: (n, P); fold: (n,), which network; groups: (n,),
    never split. Within a fold, the samples that one network judged, a logistic regression is fitted to four fifths and
    judges the fifth: it has read labels that this network has not, and never the one it judges. The share, of WEIGHTS,
    is the one under which the given labels are most likely. Measured: RESULTS.md.
    """
    classes = probabilities.shape[1]
    said = np.zeros_like(probabilities, np.float64)
    for number in np.unique(fold):
        of_fold = np.flatnonzero(fold == number)
        read = plain[of_fold]
        if features is not None:
            read = np.concatenate([_components(_scaled(features[of_fold]), _COMPONENTS), read], 1)
        said[of_fold] = _judged_in_parts(read, labels[of_fold], known[of_fold], groups[of_fold], classes, seed)
    learnt = np.flatnonzero(known)

    def likelihood(share: float) -> float:
        mixed = (1 - share) * probabilities[learnt, labels[learnt]] + share * said[learnt, labels[learnt]]
        return float(np.log(np.clip(mixed, _FLOOR, 1)).mean())

    usable = (said.sum(1) > 0).all()
    share = max(WEIGHTS, key=likelihood) if usable else 0.0
    return (1 - share) * probabilities + share * said


def _judged_in_parts(
    read: np.ndarray, labels: np.ndarray, known: np.ndarray, groups: np.ndarray, classes: int, seed: int
) -> np.ndarray:
    """(n, classes) by classifiers that did not see the sample's group; zeros where there are not two classes."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    _, number = np.unique(groups, return_inverse=True)
    part = rng.permutation(int(number.max()) + 1)[number] % _PARTS
    said = np.zeros((len(labels), classes))
    for held in range(_PARTS):
        learnt = rng.permutation(np.flatnonzero(known & (part != held)))[:_LARGEST]
        asked = np.flatnonzero(part == held)
        if len(asked) and len(set(labels[learnt].tolist())) > 1:
            model = LogisticRegression(C=0.1, max_iter=200).fit(read[learnt], labels[learnt])
            said[np.ix_(asked, model.classes_)] = model.predict_proba(read[asked])
    return said


def _scaled(features: np.ndarray) -> np.ndarray:
    centred = features.astype(np.float64) - features.mean(0, dtype=np.float64)
    found: np.ndarray = centred / np.maximum(centred.std(0), 1e-6)
    return found


def _components(values: np.ndarray, most: int) -> np.ndarray:
    """Principal components (n, at most `most`), the first of unit spread; of few columns, the columns."""
    from sklearn.decomposition import PCA

    if values.shape[1] <= most:
        return values / max(float(values.std()), 1e-6)
    found = PCA(min(most, len(values)), random_state=0).fit_transform(values)
    return np.asarray(found / max(float(found[:, 0].std()), 1e-6))
