"""The class-balanced meta set taken out of the training samples, as the released code of MW-Net and L2B draws it."""

import numpy as np

from l2b_data.errors import ConfigError
from l2b_data.files.shorten import few


def draw_meta(labels: np.ndarray, classes: int, meta_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions in `labels` (n,) that train and that judge: (train_index, meta_index), int64, disjoint, together all.

    Both in class-major order: class 0's positions shuffled, the first of them to the meta set and the rest to the
    training samples, then class 1's, and so on. A class gives meta_size / K samples, K the classes that occur; where
    that is no whole number, the first classes give one more. The shuffles are those of numpy's legacy generator seeded
    with `seed`, as in the released code, so that CIFAR's splits come out bit for bit; `shuffled_classes` leaves that
    generator where the label noise of the same code goes on. meta_size 0: an empty meta set.

    Raises ConfigError with everything `meta_faults` finds.
    """
    if faults := meta_faults(labels, classes, meta_size):
        raise ConfigError("\n".join(faults))
    shuffled = shuffled_classes(labels, classes, np.random.RandomState(seed))
    parted = list(zip(shuffled, _shares(np.bincount(labels, minlength=classes), meta_size), strict=True))
    return np.concatenate([index[share:] for index, share in parted]), np.concatenate([i[:n] for i, n in parted])


def shuffled_classes(labels: np.ndarray, classes: int, stream: np.random.RandomState) -> list[np.ndarray]:
    """Every class's positions in `labels` (n,), int64, shuffled class after class by `stream`, which moves on."""
    members = [np.flatnonzero(labels == label).astype(np.int64) for label in range(classes)]
    for index in members:
        stream.shuffle(index)
    return members


def meta_faults(labels: np.ndarray, classes: int, meta_size: int, *, leave: int = 0) -> list[str]:
    """What keeps a class-balanced meta set of that size from being drawn, a line each; empty where nothing does.

    A size below 0, below one sample a class, or above what a class has less `leave` samples, which are to train.
    """
    counts = np.bincount(labels, minlength=classes)
    present = np.flatnonzero(counts)
    if meta_size == 0:
        return []
    if meta_size < len(present):
        return [f"data.meta_size {meta_size}: at least one sample for each of the {len(present)} classes, or 0"]
    shares = _shares(counts, meta_size)
    short = [label for label in present if shares[label] > counts[label] - leave]
    if not short:
        return []
    listed = few([f"class {label} has {counts[label]}" for label in short], 8)
    largest = (int(counts[present].min()) - leave) * len(present)
    train = f" that leaves {leave} of each class to train" if leave else ""
    return [
        f"data.meta_size {meta_size}: {max(shares)} samples a class, but {listed}; "
        f"a class-balanced meta set of these samples{train} has at most {largest}"
    ]


def _shares(counts: np.ndarray, meta_size: int) -> list[int]:
    """Samples each class gives, 0 for a class that does not occur."""
    present = np.flatnonzero(counts)
    shares = np.zeros(len(counts), dtype=np.int64)
    if len(present):
        each, more = divmod(meta_size, len(present))
        shares[present] = each
        shares[present[:more]] += 1
    return [int(share) for share in shares]
