"""A part of some samples with every class in its proportion."""

import numpy as np

TUNING, SUBSET = range(2)
"""One random stream each, beside the meta set's and the noise's: samples set aside, and a part of the training ones."""


def stratified(
    labels: np.ndarray, index: np.ndarray, keep: int, seed: int, stream: int
) -> tuple[np.ndarray, np.ndarray]:
    """`keep` of `index` (n,) and the others, both in the order of `index`; labels: of all samples, by number.

    Shuffled within a class, then taken by rank / size of the class: the first `keep` have every class's share, to one.
    """
    labels, rng = labels[index], np.random.default_rng([seed, stream])
    place = np.empty(len(index))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = (rng.permutation(len(members)) + 0.5) / len(members)
    chosen = np.zeros(len(index), bool)
    chosen[np.lexsort((labels, place))[:keep]] = True
    return index[chosen], index[~chosen]
