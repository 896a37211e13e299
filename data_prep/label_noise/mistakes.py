"""Mistakes people make when they label pictures, planted: each kind on samples of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data_prep.label_noise.parse import MISTAKES, LabelNoise
from l2b_data.errors import ConfigError

_FOREIGN = "noise changes labels and no pictures; `l2b-cls corrupt` plants pictures of no class"
_NO_COPIES = "no two training pictures of one label are the same to the pixel; `l2b-cls corrupt` plants some"


@dataclass(frozen=True)
class PlantedMistakes:
    """given: (n,) int64. kind: (n,) str, the mistake of each sample, "" of those without.

    how: kind -> what was drawn for it, in words. left_out: kind -> why it was not planted.
    """

    given: np.ndarray = field(repr=False)
    kind: np.ndarray = field(repr=False)
    how: dict[str, str]
    left_out: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """Labels made wrong by each kind that was planted."""
        return {name: int((self.kind == name).sum()) for name in self.how}

    def record(self) -> dict[str, Any]:
        """What a run writes down of them, ready for JSON."""
        return {"counts": self.counts, "how": self.how, "left_out": self.left_out}


def plant_mistakes(
    labels: np.ndarray, class_names: Sequence[str], noise: LabelNoise, *, seed: int, copy_of: np.ndarray
) -> PlantedMistakes:
    """Make round(rate n) of the clean labels (n,) int64, in the order of the files, wrong as people do.

    kind        samples                                   their label
    block       a run of files in order                   the next class; the last class wraps to the first
    duplicates  one of the samples that show one picture  another class, drawn uniformly
    one-way     at most the share rate of a class, drawn  one other class, drawn once for all of them
    random      drawn uniformly                           another class, drawn uniformly

    Each kind gets an equal part of the labels, in this order; what one cannot hold goes to those after it. No sample
    gets two mistakes. block and one-way alone leave at least half of every class right: beyond it nothing in the data
    says which of two names is the right one.

    copy_of: (n,), a number that samples which show the same picture have in common (`identical_pictures`). Where no two
    samples of one label do, duplicates are left out.
    A pure function of its arguments. Every kind has a random stream of its own. Raises ConfigError for one class.
    """
    if len(class_names) < 2:
        raise ConfigError(f"--noise {noise}: needs two classes, the data set has {len(class_names)}")
    draft = _Draft(labels, class_names, noise.rate, copy_of)
    streams = dict(zip(MISTAKES, np.random.default_rng(seed).spawn(len(MISTAKES)), strict=True))
    wanted = round(noise.rate * len(labels))
    left_out = {"foreign": _FOREIGN} if noise.mistakes == MISTAKES else {}
    if "duplicates" in noise.mistakes and not draft.copies():
        left_out["duplicates"] = _NO_COPIES
    kinds = [kind for kind in noise.mistakes if kind not in left_out]
    how = dict.fromkeys(kinds, "")
    for place, kind in enumerate(kinds):
        left = wanted - int((draft.kind != "").sum())
        if share := -(-left // (len(kinds) - place)):  # rounded up
            how[kind] = _PLANTED[kind](draft, share, streams[kind])
    return PlantedMistakes(draft.given, draft.kind, how, left_out)


class _Draft:
    """Labels while mistakes are being planted."""

    def __init__(self, labels: np.ndarray, class_names: Sequence[str], rate: float, copy_of: np.ndarray) -> None:
        self.clean, self.class_names, self.rate, self.copy_of = labels, class_names, rate, copy_of
        self.given = np.array(labels, np.int64)
        self.kind = np.full(len(labels), "", f"<U{max(map(len, MISTAKES))}")

    def plant(self, kind: str, samples: np.ndarray, given: np.ndarray | int) -> None:
        self.kind[samples], self.given[samples] = kind, given

    def others(self, samples: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """For each sample a class that is not its own, drawn uniformly."""
        steps = stream.integers(1, len(self.class_names), len(samples))
        return (self.clean[samples] + steps) % len(self.class_names)

    def room(self) -> np.ndarray:
        """(K,) int64: samples of each class that may still become wrong before half of it is."""
        wrong = np.bincount(self.clean[self.kind != ""], minlength=len(self.class_names))
        return np.maximum(self.class_counts() // 2 - wrong, 0)

    def class_counts(self) -> np.ndarray:
        return np.bincount(self.clean, minlength=len(self.class_names))

    def copies(self) -> list[np.ndarray]:
        """The samples that show one picture under one label, for every picture that has several; none is wrong yet."""
        order = np.argsort(self.copy_of, kind="stable")
        starts = np.flatnonzero(np.diff(self.copy_of[order])) + 1
        groups = [group for group in np.split(order, starts) if len(group) > 1]
        return [one for one in groups if len(set(self.clean[one].tolist())) == 1 and not (self.kind[one] != "").any()]


def _block(draft: _Draft, share: int, stream: np.random.Generator) -> str:
    """Runs are at most as long as leaves half of every class right; the start is drawn among those long enough."""
    count = len(draft.clean)
    ends = np.full(count + 1, count)  # of a run from a sample on: the first one that must not be in it
    for label, room in enumerate(draft.room().tolist()):
        members = np.flatnonzero(draft.clean == label)
        ends[members[: len(members) - room]] = members[room:]
    ends = np.minimum.accumulate(ends[::-1])[::-1]
    lengths = np.maximum(ends[:count] - np.arange(count), 0)
    length = min(share, int(lengths.max()))
    start = int(stream.choice(np.flatnonzero(lengths >= length)))
    run = np.arange(start, start + length)
    draft.plant("block", run, (draft.clean[run] + 1) % len(draft.class_names))
    return "a run of files shifted by one class"


def _duplicates(draft: _Draft, share: int, stream: np.random.Generator) -> str:
    groups = draft.copies()
    chosen = [groups[place] for place in stream.permutation(len(groups))[:share].tolist()]
    samples = np.array([stream.choice(group) for group in chosen], np.int64)
    draft.plant("duplicates", samples, draft.others(samples, stream))
    return f"of {len(groups)} pictures that occur several times"


def _one_way(draft: _Draft, share: int, stream: np.random.Generator) -> str:
    most = np.minimum(np.rint(draft.rate * draft.class_counts()).astype(np.int64), draft.room())
    if not most.any():
        return "no class has that many samples"
    label = int(stream.choice(np.flatnonzero(most)))
    share = min(share, int(most[label]))
    other = int((label + stream.integers(1, len(most))) % len(most))
    right = np.flatnonzero((draft.clean == label) & (draft.kind == ""))
    draft.plant("one-way", stream.choice(right, share, replace=False), other)
    return f"{draft.class_names[label]} given as {draft.class_names[other]}"


def _random(draft: _Draft, share: int, stream: np.random.Generator) -> str:
    right = np.flatnonzero(draft.kind == "")
    samples = stream.choice(right, min(share, len(right)), replace=False)
    draft.plant("random", samples, draft.others(samples, stream))
    return "another class, drawn"


_PLANTED: dict[str, Callable[[_Draft, int, np.random.Generator], str]] = {
    "block": _block,
    "duplicates": _duplicates,
    "one-way": _one_way,
    "random": _random,
}
