"""Training elements divided into labelled ones, whose given label is taken for clean, and unlabelled ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Split:
    """probability (n,) float64: that an element's given label is clean. labelled, unlabelled: positions, ascending.

    fitted: what the choice was made by, for the log: mixture parameters, a threshold.
    """

    probability: np.ndarray
    labelled: np.ndarray
    unlabelled: np.ndarray
    fitted: dict[str, float | list[float]] = field(default_factory=dict)


def split_at(
    probability: np.ndarray, chosen: np.ndarray, *, at_least: int, fitted: dict[str, float | list[float]]
) -> Split:
    """The split of the elements `chosen` (n,) bool; where they are fewer than `at_least`, the most probable ones."""
    if chosen.sum() < at_least:
        chosen = np.zeros(len(probability), bool)
        chosen[np.argsort(-probability, kind="stable")[:at_least]] = True
    return Split(probability, np.flatnonzero(chosen), np.flatnonzero(~chosen), fitted)


def in_batches(positions: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """`positions` (m,) shuffled, in batches of `size`; the incomplete last one is left out unless it is alone."""
    order = rng.permutation(positions)
    full = len(order) // size * size
    return np.split(order[:full], full // size) if full else [order]


def endless(positions: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches as `in_batches` makes them, shuffled anew after each pass; none of no positions is an empty batch."""
    while True:
        yield from in_batches(positions, size, rng)
