"""An epoch of samples balanced by given label, drawn anew every epoch (Clothing1M as in L2B's released code)."""

import numpy as np

from l2b_data.errors import ConfigError

_STREAM = 12  # a generator of its own, so that other draws from the same seed and epoch do not shift it


def balanced_epoch(given: np.ndarray, *, classes: int, samples: int, seed: int, epoch: int) -> np.ndarray:
    """Given labels (n,) -> positions (m,) int64 in training order, m <= `samples`, without repetition.

    All positions are shuffled; going through them, one is kept while its class has less than samples / classes (as a
    fraction) and fewer than `samples` are kept altogether; the kept ones are shuffled again. A class with less than its
    share gives all it has, and the epoch is shorter by as much. A pure function of its arguments.

    Raises ConfigError for `samples` below 1.
    """
    if samples < 1:
        raise ConfigError(f"data.balanced_epoch {samples}: at least 1, or 0 for every sample in every epoch")
    rng = np.random.default_rng([seed, epoch, _STREAM])
    order = rng.permutation(len(given))
    earlier = np.empty(len(given), np.int64)  # samples of the same class before it in `order`
    for label in np.unique(given):
        places = np.flatnonzero(given[order] == label)
        earlier[places] = np.arange(len(places))
    kept = order[earlier < samples / classes][:samples]
    return kept[rng.permutation(len(kept))].astype(np.int64)
