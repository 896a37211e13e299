"""Runs of files, or groups, whose given labels look wrong together: a batch, an annotator, a shifted list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

SIGNIFICANT = 0.01
"""Chance, corrected for every run or group that was tried, below which a block is one."""

_FEWEST = 8
_MOST = 20
_WRONG = 0.8  # share of wrong labels that a block is looked for with
_LARGEST = 3.0  # log of the most that one label counts for
_DRIFT = -0.3  # the most that a usual label may count for
_APART = 2.0  # standard deviations that the block's labels must stand out by among those of their classes
_SHARES = np.linspace(0.05, 0.95, 19)


@dataclass(frozen=True)
class Block:
    """members: (m,) positions of the samples. wrong: estimated share of wrong labels among them.

    chance: of a block like it where there is none, corrected for all that were tried. group: its name, "" for a run.
    """

    members: np.ndarray = field(repr=False)
    wrong: float
    chance: float
    group: str = ""


def find_blocks(evidence: np.ndarray, given: np.ndarray, order: np.ndarray, groups: Sequence[str]) -> list[Block]:
    """Blocks, the most significant first: runs of files in order, and groups (n,), "" for samples of none.

    evidence: (n,), log of how much likelier the label is if it is wrong than if it is right. given: (n,) labels.
    order: (n,) numbers of the files. A run's likelihood ratio, of 80 % wrong labels against right ones, is the product
    over its samples (those of one group in it count once: pictures of one lesion look alike). Its mean is 1 where the
    labels are right and independent, so that the chance of a run of ratio r is at most 1 / r, times the number of runs
    (Bonferroni). The best run is that of the largest sum of logarithms (Kadane); it is taken out and the rest searched.
    In files sorted by class a class that the judges never predict would be one: the samples of a block must therefore
    look worse than others of their given labels, by two standard deviations of their mean rank.
    """
    ratio = np.log(1 - _WRONG + _WRONG * np.exp(np.minimum(evidence, _LARGEST)))
    ratio -= max(float(ratio.mean()) - _DRIFT, 0)
    ranks = _ranks_within(evidence, given)
    found = _of_groups(ratio, ranks, evidence, groups)
    taken = np.zeros(len(given), bool)
    for block in found:
        taken[block.members] = True
    places = np.argsort(order, kind="stable")
    for _ in range(_MOST):
        run = _best_run(ratio, places[~taken[places]], groups)
        if run is None or run[1] >= SIGNIFICANT:
            break
        members, chance = run
        taken[members] = True
        if len(members) >= _FEWEST and _apart(ranks[members]):
            found.append(Block(members, _share_wrong(evidence[members]), chance))
    return sorted(found, key=lambda block: block.chance)


def _best_run(ratio: np.ndarray, places: np.ndarray, groups: Sequence[str]) -> tuple[np.ndarray, float] | None:
    """Samples of the run with the largest ratio among the places (m,), in the order of their files, and its chance."""
    parts = _in_groups(places, groups)
    if not parts:
        return None
    sums = np.concatenate([[0], np.cumsum([ratio[part].mean() for part in parts])])
    least = np.minimum.accumulate(sums)
    last = int((sums - least).argmax())
    first = int(sums[: last + 1].argmin())
    if first == last:
        return None
    tried = len(parts) * (len(parts) + 1) / 2
    chance = float(min(1, np.exp(np.log(tried) - (sums[last] - sums[first]))))
    return np.concatenate(parts[first:last]), chance


def _in_groups(places: np.ndarray, groups: Sequence[str]) -> list[np.ndarray]:
    """The places, those of one group together where its first one lies."""
    parts: dict[object, list[int]] = {}
    for place in places.tolist():
        parts.setdefault(groups[place] or place, []).append(place)
    return [np.array(part) for part in parts.values()]


def _of_groups(ratio: np.ndarray, ranks: np.ndarray, evidence: np.ndarray, groups: Sequence[str]) -> list[Block]:
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        if group:
            members.setdefault(group, []).append(place)
    large = {group: np.array(places) for group, places in members.items() if len(places) >= _FEWEST}
    found = []
    for group, places in large.items():
        chance = float(min(1, len(large) * np.exp(-min(float(ratio[places].sum()), 700))))
        if chance < SIGNIFICANT and _apart(ranks[places]):
            found.append(Block(places, _share_wrong(evidence[places]), chance, group))
    return found


def _ranks_within(evidence: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(n,) between 0 and 1: rank among the samples of the same given label, ties shared."""
    from scipy.stats import rankdata

    ranks = np.full(len(given), 0.5)
    for label in np.unique(given):
        of_class = np.flatnonzero(given == label)
        ranks[of_class] = (rankdata(evidence[of_class]) - 0.5) / len(of_class)
    return ranks


def _apart(ranks: np.ndarray) -> bool:
    return bool((ranks.mean() - 0.5) * np.sqrt(12 * len(ranks)) > _APART)


def _share_wrong(evidence: np.ndarray) -> float:
    """The most likely share of wrong labels."""
    ratio = np.exp(np.minimum(evidence, _LARGEST))
    likelihood = [np.log(1 - share + share * ratio).sum() for share in _SHARES]
    return float(_SHARES[int(np.argmax(likelihood))])
