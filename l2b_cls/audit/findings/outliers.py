"""Pictures like nothing else in the set: by plain statistics, by their layout, by what the judges read in them."""

import numpy as np

from l2b_cls.audit.findings.pictures import Described

LISTED_FROM = 0.5
"""Probability of being like nothing else from which a picture is listed."""

_REFERENCE = 4000
_NEIGHBOURS = 0.05
_FEWEST = 100
_COMPONENTS = 20
_BULK = (0.8, 0.92)
_VIEWS = 3


def outliers(described: Described, features: np.ndarray | None, fold: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """(n,): probability that a picture is like nothing else in the set; 0 for nearly all.

    How alone a picture is, is its local outlier factor (Breunig et al. 2000) among 5 % of the set, so that several
    blank pictures do not vouch for each other: in the statistics of `described`, and for features (n, F) among the
    samples that the same network judged, fold (n,). How much it looks put together of parts is `described.borders`. The
    probability is 1 - the tail-area false discovery rate (Efron 2004), under an exponential tail through the 80 % and
    92 % quantiles; the largest of the three, each corrected for there being three. Zeros for fewer than 100 samples.
    """
    count = len(described.same)
    if count < _FEWEST:
        return np.zeros(count)
    found = [_probability(_aloneness(standardised(described.statistics), seed)), _probability(described.borders)]
    if features is not None:
        read = np.zeros(count)
        for number in np.unique(fold):
            judged = np.flatnonzero(fold == number)
            if len(judged) >= _FEWEST:
                read[judged] = _probability(_aloneness(features[judged].astype(np.float32), seed))
        found.append(read)
    return np.max(found, axis=0)


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns (n, S) less their median, in units of the spread of their middle two thirds, cut at 20."""
    centred = values - np.median(values, axis=0)
    spread = np.quantile(np.abs(centred), 0.68, axis=0)
    return np.clip(centred / np.maximum(spread, 1e-3), -20, 20)


def _aloneness(values: np.ndarray, seed: int) -> np.ndarray:
    """log of the local outlier factor of every row; it is measured against at most 4000 of them."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import LocalOutlierFactor

    if values.shape[1] > 2 * _COMPONENTS:
        values = PCA(min(2 * _COMPONENTS, len(values)), random_state=seed).fit_transform(values)
    rows = np.random.default_rng(seed).permutation(len(values))[:_REFERENCE]
    neighbours = max(10, round(_NEIGHBOURS * len(rows)))
    reference = LocalOutlierFactor(n_neighbors=neighbours, novelty=True).fit(values[rows])
    return np.log(np.maximum(-reference.score_samples(values), 1e-3))


def _probability(alone: np.ndarray) -> np.ndarray:
    low, high = np.quantile(alone, _BULK)
    scale = max((high - low) / np.log((1 - _BULK[0]) / (1 - _BULK[1])), 1e-6)
    order = np.argsort(-alone, kind="stable")
    beyond = np.where(alone[order] > low, (1 - _BULK[0]) * np.exp(-np.maximum(alone[order] - low, 0) / scale), 1)
    expected = len(alone) * beyond
    rate = _VIEWS * expected / np.arange(1, len(alone) + 1)
    found = np.zeros(len(alone))
    found[order] = 1 - np.minimum(np.minimum.accumulate(rate[::-1])[::-1], 1)
    return found
