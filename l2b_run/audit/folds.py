"""Folds of the training elements (cases, samples), each left out of one network's training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2b_data.errors import ConfigError

_FOLD_STREAM = 11  # a random stream of its own beside the training's

Deal = Callable[[list[list[int]], int], list[list[int]]]
"""From groups of positions, and a number of folds, to the positions each fold holds out."""


@dataclass(frozen=True)
class Fold:
    """Positions in the training elements, int64 ascending: those a network is trained on, those it judges."""

    number: int
    train: np.ndarray
    held_out: np.ndarray


def cut_folds(groups: Sequence[Any], count: int, seed: int, *, deal: Deal, what: str) -> list[Fold]:
    """`count` folds in which every element is held out once; a pure function of its arguments.

    groups: name or number of each element's group (patient, lesion), which is never split. deal: gets the groups in an
    order drawn from the seed. what: plural of an element, for messages.
    Raises ConfigError where there are fewer than `count` groups, or count is below 2.
    """
    members: dict[Any, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    if not 2 <= count <= len(members):
        among = what if len(members) == len(groups) else f"groups of {what} that belong together"
        raise ConfigError(f"--folds {count}: from 2 to the {len(members)} {among} there are, or 0 for no cross-fitting")
    ordered = [members[group] for group in sorted(members)]
    drawn = np.random.default_rng([seed, _FOLD_STREAM]).permutation(len(ordered)).tolist()
    held = [np.sort(places) for places in deal([ordered[place] for place in drawn], count)]
    everyone = np.arange(len(groups))
    return [Fold(number, np.setdiff1d(everyone, places), places) for number, places in enumerate(held)]
