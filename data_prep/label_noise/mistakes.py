"""Mistakes people make when they label pictures, planted: each kind on samples of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data_prep.label_noise.parse import MISTAKES, LabelNoise
from l2b_data.errors import ConfigError

_NO_FOREIGN = "every training picture is one of its class; noise draws labels, `l2b-cls corrupt` plants such pictures"
_NO_COPIES = "no two training pictures of one label are the same to the pixel; `l2b-cls corrupt` plants some"


@dataclass(frozen=True)
class Pictures:
    """What the pictures of n samples are, for the mistakes that depend on it.

    copy_of: (n,) int64, a number that samples have in common which show the same picture (`identical_pictures`).
    foreign: (n,) bool, a picture of no class (`ImageSet.foreign`).
    """

    copy_of: np.ndarray
    foreign: np.ndarray

    @classmethod
    def plain(cls, count: int) -> "Pictures":
        """No two are the same, and none is foreign."""
        return cls(np.arange(count), np.zeros(count, bool))

    def of(self, places: np.ndarray) -> "Pictures":
        """Those at these places (m,), in that order."""
        return Pictures(self.copy_of[places], self.foreign[places])


@dataclass(frozen=True)
class PlantedMistakes:
    """given: (n,) int64. kind: (n,) str, the mistake in each label, "" of those without.

    how: kind -> what was drawn for it, in words. left_out: kind -> why it was not planted.
    """

    given: np.ndarray = field(repr=False)
    kind: np.ndarray = field(repr=False)
    how: dict[str, str]
    left_out: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """Labels that are wrong by each kind."""
        return {name: int((self.kind == name).sum()) for name in self.how}

    def record(self) -> dict[str, Any]:
        """What a run writes down of them, ready for JSON."""
        return {"counts": self.counts, "how": self.how, "left_out": self.left_out}


def plant_mistakes(
    labels: np.ndarray, class_names: Sequence[str], noise: LabelNoise, *, seed: int, pictures: Pictures
) -> PlantedMistakes:
    """Make round(rate n) of the clean labels (n,) int64, in the order of the files, wrong as people do.

    kind        samples                                   their label
    foreign     all whose picture is of no class          the one they have: it is wrong, whichever it is
    block       a run of files in order                   the next class; the last class wraps to the first
    duplicates  one of the samples that show one picture  another class, drawn uniformly
    one-way     at most the share rate of a class, drawn  one other class, drawn once for all of them
    random      drawn uniformly                           another class, drawn uniformly

    Each kind gets an equal part of the labels that foreign pictures leave, in this order; what one cannot hold goes to
    those after it. No sample gets two mistakes. block and one-way alone leave at least half of every class right:
    beyond it nothing in the data says which of two names is the right one. Without foreign pictures, or two samples of
    one picture and label, foreign and duplicates are left out.
    A pure function of its arguments. Every kind has a random stream of its own. Raises ConfigError for one class.
    """
    if len(class_names) < 2:
        raise ConfigError(f"--noise {noise}: needs two classes, the data set has {len(class_names)}")
    draft = _Draft(labels, class_names, noise.rate, pictures)
    streams = dict(zip(MISTAKES, np.random.default_rng(seed).spawn(len(MISTAKES)), strict=True))
    wanted = round(noise.rate * len(labels))
    there = {"foreign": (pictures.foreign.any(), _NO_FOREIGN), "duplicates": (draft.copies(), _NO_COPIES)}
    left_out = {kind: why for kind, (some, why) in there.items() if kind in noise.mistakes and not some}
    how = {kind: "" for kind in noise.mistakes if kind not in left_out}
    if pictures.foreign.any():  # named or not: their labels are wrong
        how["foreign"] = "pictures of no class, under the label they had"
    drawn = [kind for kind in how if kind != "foreign"]
    for place, kind in enumerate(drawn):
        left = wanted - int((draft.kind != "").sum())
        if (share := -(-left // (len(drawn) - place))) > 0:  # rounded up
            how[kind] = _PLANTED[kind](draft, share, streams[kind])
    return PlantedMistakes(draft.given, draft.kind, how, left_out)


class _Draft:
    """Labels while mistakes are being planted."""

    def __init__(self, labels: np.ndarray, class_names: Sequence[str], rate: float, pictures: Pictures) -> None:
        self.clean, self.class_names, self.rate, self.copy_of = labels, class_names, rate, pictures.copy_of
        self.given = np.array(labels, np.int64)
        self.kind = np.where(pictures.foreign, "foreign", np.full(len(labels), "", f"<U{max(map(len, MISTAKES))}"))

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
        _, shown, counts = np.unique(self.copy_of, return_inverse=True, return_counts=True)
        several = np.flatnonzero(counts[shown] > 1)
        order = several[np.argsort(shown[several], kind="stable")]
        groups = np.split(order, np.flatnonzero(np.diff(shown[order])) + 1) if len(order) else []
        return [one for one in groups if len(set(self.clean[one].tolist())) == 1 and not (self.kind[one] != "").any()]


def _block(draft: _Draft, share: int, stream: np.random.Generator) -> str:
    """Runs are at most as long as leaves half of every class right; the start is drawn among those long enough.

    Foreign pictures are no part of the files that are run through.
    """
    files = np.flatnonzero(draft.kind == "")
    labels, count = draft.clean[files], len(files)
    if not count:
        return "no label is right"
    ends = np.full(count + 1, count)  # of a run from a sample on: the first one that must not be in it
    for label, room in enumerate(draft.room().tolist()):
        members = np.flatnonzero(labels == label)
        ends[members[: len(members) - room]] = members[room:]
    ends = np.minimum.accumulate(ends[::-1])[::-1]
    lengths = np.maximum(ends[:count] - np.arange(count), 0)
    length = min(share, int(lengths.max()))
    start = int(stream.choice(np.flatnonzero(lengths >= length)))
    run = files[start : start + length]
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
