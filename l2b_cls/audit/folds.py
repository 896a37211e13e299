"""Folds of the training samples, each left out of one network's training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2b_data.errors import ConfigError

_FOLD_STREAM = 11  # a random stream of its own beside the training's


@dataclass(frozen=True)
class Fold:
    """Positions in the training samples, int64 ascending: those a network is trained on, those it judges."""

    number: int
    train: np.ndarray
    held_out: np.ndarray


def cut_folds(given: np.ndarray, groups: Sequence[str], count: int, seed: int) -> list[Fold]:
    """`count` folds of nearly equal size and mix of given labels (n,); every sample is held out once.

    groups: patient or lesion of each sample, never split; "" stands alone. A pure function of its arguments: groups are
    shuffled, put in order of their most frequent label and of their size, and dealt out in turn.
    Raises ConfigError where there are fewer than `count` groups, or count is below 2.
    """
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group or f"\0{place}", []).append(place)
    units = list(members.values())
    if not 2 <= count <= len(units):
        among = "samples" if len(units) == len(given) else "groups of samples that belong together"
        raise ConfigError(f"--folds {count}: from 2 to the {len(units)} {among} there are, or 0 for no cross-fitting")
    shuffled = np.random.default_rng([seed, _FOLD_STREAM]).permutation(len(units)).tolist()
    dealt = sorted(shuffled, key=lambda unit: (np.bincount(given[units[unit]]).argmax(), -len(units[unit])))
    everyone = np.arange(len(given))
    folds = []
    for number in range(count):
        held = np.sort([place for unit in dealt[number::count] for place in units[unit]])
        folds.append(Fold(number, np.setdiff1d(everyone, held), held))
    return folds
