"""Noise by a transition matrix, in the random streams of the released code of MW-Net, RMNW-Net and L2B."""

import numpy as np

from data_prep.label_noise.meta_split import shuffled_classes

MATRIX_SEED = 1
"""The released matrix builders of flip and flip2 reseed with it, whatever the run's seed."""


def released_noise(
    labels: np.ndarray, classes: int, kind: str, rate: float, seed: int, order: np.ndarray | None
) -> np.ndarray:
    """Labels (n,) int64 after "uniform", "flip" or "flip2" noise, drawn from the rows of the kind's matrix.

    order: the positions that get noise, in the order their labels are drawn; the others keep their label. It is what
    `draw_meta(labels, classes, meta_size, seed)` returned, and the stream is the released one for CIFAR: numpy's legacy
    generator seeded with `seed`, every class shuffled, [flip, flip2: seeded anew with 1 for the matrix], then one
    draw a label. So the uniform noise depends on the seed, while of flip and flip2 only the split does. The meta set's
    order, for noise on the meta set, starts from the same place (the released data sets are built apart).
    None: all positions, ascending, from a generator seeded with `seed` after the matrix (released ISIC2019 loader).
    """
    if order is None:
        stream, order = np.random.RandomState(seed), np.arange(len(labels))
        matrix = transition_matrix(kind, classes, rate, np.random.RandomState(MATRIX_SEED))
    else:
        stream = np.random.RandomState(seed)
        shuffled_classes(labels, classes, stream)
        if kind != "uniform":
            stream = np.random.RandomState(MATRIX_SEED)
        matrix = transition_matrix(kind, classes, rate, stream)
    given = labels.copy()
    given[order] = draw_rows(matrix, labels[order], stream)
    return given


def transition_matrix(kind: str, classes: int, rate: float, stream: np.random.RandomState) -> np.ndarray:
    """(K, K) float64, row-stochastic: probability of the given label (column) for a clean label (row).

    uniform: (1 - rate) I + rate / K, so that the true class can be drawn again. flip: one other class a row gets
    `rate`. flip2: two other classes a row get rate / 2 each; with two classes there are none to choose from, and the
    other one gets all of it. `stream` picks the classes, row by row; uniform leaves it alone.
    """
    if kind == "uniform":
        return rate * np.full((classes, classes), 1 / classes) + (1 - rate) * np.eye(classes)
    matrix = np.eye(classes) * (1 - rate)
    targets = min(1 if kind == "flip" else 2, classes - 1)
    for row in range(classes):
        others = np.delete(np.arange(classes), row)
        # as released: `choice(others)` and `choice(others, 1, replace=False)` advance the stream differently
        chosen = stream.choice(others) if kind == "flip" else stream.choice(others, targets, replace=False)
        matrix[row, chosen] = rate / targets
    return matrix


def draw_rows(matrix: np.ndarray, labels: np.ndarray, stream: np.random.RandomState) -> np.ndarray:
    """For each label (n,) a draw from its row of `matrix` (K, K), int64; the stream of n calls of choice(K, p=row)."""
    cumulative = matrix.cumsum(axis=1)
    cumulative /= cumulative[:, -1:]
    uniform = stream.random_sample(len(labels))
    given = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        here = labels == label
        given[here] = np.searchsorted(cumulative[label], uniform[here], side="right")
    return given
