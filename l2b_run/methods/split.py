"""Training elements divided into labelled ones, whose given label is taken for clean, and unlabelled ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Split:
    """probability (n,) float64: that an element's given label is clean; NaN: not asked (a balanced epoch).

    labelled, unlabelled: positions, ascending.
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


def spread_out(split: Split, position: np.ndarray, count: int) -> Split:
    """A split of the elements at `position` (m,) as one of all `count`."""
    probability = np.full(count, np.nan)
    probability[position] = split.probability
    return Split(probability, position[split.labelled], position[split.unlabelled], split.fitted)


def in_batches(positions: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """`positions` (m,) shuffled, in batches of `size`; the incomplete last one is left out unless it is alone."""
    order = rng.permutation(positions)
    full = len(order) // size * size
    return np.split(order[:full], full // size) if full else [order]


def endless(positions: np.ndarray, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Batches as `in_batches` makes them, shuffled anew after each pass; none of no positions is an empty batch."""
    while True:
        yield from in_batches(positions, size, rng)


def split_row(splits: Sequence[Split]) -> dict[str, Any]:
    """What an epoch's row says of its splits: the labelled share, and of each network's split number and fit.

    Empty without splits. "split_labelled": the mean of the networks' shares.
    """
    if not splits:
        return {}
    share = [len(split.labelled) / (len(split.labelled) + len(split.unlabelled)) for split in splits]
    rows = [{"labelled": len(split.labelled), "unlabelled": len(split.unlabelled), **split.fitted} for split in splits]
    return {"split_labelled": sum(share) / len(share), "splits": rows}


@dataclass
class SplitMemory:
    """The splits of the last epoch, for the log alone: an epoch makes its own."""

    splits: list[Split] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing of it outlives an epoch."""
