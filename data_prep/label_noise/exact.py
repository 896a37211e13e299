"""Noise on an exact number of samples, drawn as the released code of DivideMix, UniCon and C2D draws it."""

import random
from collections.abc import Callable

import numpy as np

Change = Callable[[int, random.Random], int]
"""Clean label, stream -> given label."""


def exact_noise(labels: np.ndarray, rate: float, seed: int, change: Change) -> np.ndarray:
    """Labels (n,) int64 after `change` was applied to exactly int(rate * n) of them.

    The stream is that of the released code: Python's generator seeded with `seed`, one shuffle of 0..n-1 whose first
    int(rate * n) entries are the noisy positions, then one `change` each, in ascending position. (The released scripts
    pass the seed as text, and Python seeds text differently; here it is a number.)
    """
    stream = random.Random(seed)
    shuffled = list(range(len(labels)))
    stream.shuffle(shuffled)
    given = np.array(labels, dtype=np.int64)
    for position in sorted(shuffled[: int(rate * len(labels))]):
        given[position] = change(int(given[position]), stream)
    return given


def any_class(classes: int) -> Change:
    """A class drawn uniformly, the true one included, whatever the label was (symmetric noise)."""
    return lambda label, stream: stream.randint(0, classes - 1)


def one_of(targets: list[list[int]]) -> Change:
    """A class drawn uniformly from targets[label] (asymmetric noise); one needs no draw, none keeps the label."""

    def change(label: int, stream: random.Random) -> int:
        choices = targets[label]
        if len(choices) < 2:
            return choices[0] if choices else label
        return stream.choice(choices)

    return change
