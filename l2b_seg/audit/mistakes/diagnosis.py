"""What is wrong with a mask: the kind of mistake its signs speak for, in words, and whether it can be mended."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from l2b_data.files.shorten import counted
from l2b_seg.audit.mistakes.misfiled import Swap
from l2b_seg.audit.mistakes.signs import Signs
from l2b_seg.audit.mistakes.undo import Undone

MECHANICAL = ("swapped", "mirrored", "reversed", "shifted", "inverted", "classes-exchanged")
"""Kinds that can be undone without drawing."""

GAIN, AFTER, EXPLAINED = 0.01, 0.9, 0.2
"""An undone mistake is named where Dice to the proposal rises by GAIN and by EXPLAINED of what the change is worth (the
judge sides with it on three of five pixels), to AFTER of what is usual in the set. These and the next were chosen on
ISIC lesions and synthetic zones (RESULTS.md)."""

SHIFT, SHIFT_GAIN = 0.035, 0.07
"""Least length of a shift, of the shorter side, and what it must gain: a judge's own outline is off by less."""

RESIZED_GAIN, RESIZED_AFTER = 0.12, 0.95
"""An outline moved all round is named where that gains so much Dice, and reaches so much of what is usual."""

ODD, LOST = 2.0, 0.3
"""Disagreement above the median, in robust standard deviations, below which nothing is read into a mask's size; twice
as much, and LOST of the proposal, for a part that is missing."""

COMMON = 1 / 3  # a trace that more of the masks have is the way this set was drawn

_FREE = 0.95
"""Of a shift's sureness: it is the best of many, so that where a swap explains the mask as well, it is a swap."""

_UNDONE = {
    "mirrored": "mirrored left-right: turned back",
    "reversed": "slices in reverse order: turned back",
    "inverted": "inverted, the background is drawn: turned over",
}


@dataclass(frozen=True)
class Diagnosis:
    """kind: as `corrupt --mistakes` names it. sure: in [0, 1]. text: a sentence. slices: those it is about; None: all.

    detail: what was undone.
    """

    kind: str
    sure: float
    text: str
    slices: tuple[int, ...] | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Usual:
    """What is usual in a set: median Dice to the proposals (`fit`, `overlap`), voxels a class, common traces.

    disagreement: median, and 1.48 times the median distance from it, at least 0.02.
    """

    fit: float
    overlap: float
    sizes: dict[int, float]
    blocks: bool
    copies: bool
    thirds: bool
    disagreement: tuple[float, float] = (0.0, 0.02)

    def odd(self, signs: Signs) -> float:
        """How far the disagreement is above the usual one, in robust standard deviations."""
        middle, spread = self.disagreement
        return (signs.disagreement - middle) / spread


def usual_of(signs: Sequence[Signs]) -> Usual:
    """What is usual in the masks of a set; at least one."""
    values = sorted({value for one in signs for value in one.sizes})
    drawn = {value: [one.sizes[value][0] for one in signs if value in one.sizes] for value in values}
    doubts = np.array([one.disagreement for one in signs])
    middle = float(np.median(doubts))
    blocks = bool(np.mean([one.block is not None for one in signs]) > COMMON)
    copies = bool(np.mean([bool(one.copied) for one in signs]) > COMMON)
    return Usual(
        disagreement=(middle, max(0.02, 1.4826 * float(np.median(np.abs(doubts - middle))))),
        fit=float(np.median([one.fit for one in signs])),
        overlap=float(np.median([one.overlap for one in signs])),
        sizes={value: float(np.median(found)) for value, found in drawn.items()},
        blocks=blocks,
        copies=copies or blocks,  # in blocks two slices are alike by chance
        thirds=bool(np.mean([one.third for one in signs]) > COMMON),
    )


def undoing(signs: Signs, swap: Swap | None) -> list[tuple[Undone, float]]:
    """Every mechanical mistake undone, and by how much Dice to the proposal then rises; shifts of some length alone."""
    least = SHIFT * min(signs.shape[1:])
    found = [
        (one, one.dice - signs.fit)
        for one in signs.undone
        if one.kind != "shifted" or np.hypot(one.detail["rows"], one.detail["columns"]) >= least
    ]
    if swap is not None:
        found.append((Undone("swapped", swap.after, {"partner": swap.partner}, swap.change), swap.after - swap.before))
    return found


def diagnose(signs: Signs, swap: Swap | None, usual: Usual, names: Sequence[str], unit: str) -> Diagnosis | None:
    """The mistake the signs speak for most; None where they speak for none.

    names: of the classes, by label value from 1. unit: of distances.
    """
    found = list(_mechanical(signs, swap, usual, names)) or list(_drawn(signs, usual, names, unit))
    return max(found, key=lambda one: one.sure, default=None)


def partners_named(named: Mapping[str, Diagnosis | None], swaps: Mapping[str, Swap]) -> dict[str, Diagnosis]:
    """The cases of a pair or circle of which another one is named swapped, which themselves are named at most shifted.

    A mask belongs to one case: who has another's has given its own away.
    """
    found = {}
    for case, swap in swaps.items():
        circle, mine = [swap.partner], named[case]
        while circle[-1] != case:
            circle.append(swaps[circle[-1]].partner)
        others = [one for other in circle[:-1] if (one := named[other]) is not None and one.kind == "swapped"]
        if others and (mine is None or mine.kind == "shifted" or mine.kind not in MECHANICAL):
            text = f"swapped: its mask belongs to another case, and the mask of {swap.partner} here"
            found[case] = Diagnosis("swapped", 0.5 * others[0].sure, text, detail={"partner": swap.partner})
    return found


def _mechanical(signs: Signs, swap: Swap | None, usual: Usual, names: Sequence[str]) -> Iterator[Diagnosis]:
    for one, gain in undoing(signs, swap):
        least = SHIFT_GAIN if one.kind == "shifted" else GAIN
        if gain < least or one.dice < AFTER * usual.fit or gain < EXPLAINED * one.change:
            continue
        text = f"{_undone_text(one, names)} it agrees by Dice {one.dice:.2f}, as it is by {one.dice - gain:.2f}"
        sure = float(min(1.0, one.dice / max(usual.fit, 1e-6)) * np.clip(gain / 0.1, 0.5, 1))
        if one.kind == "shifted":
            sure *= _FREE
        yield Diagnosis(one.kind, sure, text, detail=one.detail)


def _undone_text(one: Undone, names: Sequence[str]) -> str:
    if one.kind == "shifted":
        ways = [counted(abs(one.detail[f"{way}s"]), way) for way in ("row", "column") if one.detail[f"{way}s"]]
        return f"shifted by {' and '.join(ways)}: moved back"
    if one.kind == "swapped":
        return f"swapped, the mask of {one.detail['partner']} belongs here: with that"
    if one.kind == "classes-exchanged":
        return f"classes exchanged ({' and '.join(names[value - 1] for value in one.detail['classes'])}): put right"
    return _UNDONE[one.kind]


def _drawn(signs: Signs, usual: Usual, names: Sequence[str], unit: str) -> Iterator[Diagnosis]:
    """Mistakes that have to be drawn anew."""
    for value in missing_classes(signs, usual):
        yield Diagnosis("class-missing", 0.95, f"{names[value - 1]} is missing: the masks of other cases have it")
    if signs.block is not None and not usual.blocks:
        yield Diagnosis("coarse", 0.98, f"drawn coarsely: the whole mask consists of blocks of {signs.block} pixels")
    if signs.third and not usual.thirds:
        yield Diagnosis("coarse", 0.98, "drawn on every third slice, empty between")
    elif signs.emptied_share > 0.02 and not signs.third:
        places = [index for first, last in signs.emptied for index in range(first, last + 1)]
        text = f"no mask on {_runs(signs.emptied)}, with masks on both sides and the organ in the picture"
        yield Diagnosis("slices-deleted", 0.9, text, tuple(places))
    if signs.copied and not usual.copies:
        places = [index for first, last in signs.copied for index in range(first, last + 1)]
        yield Diagnosis("slices-copied", 0.95, f"{_runs(signs.copied)} have the very same mask", tuple(places))
    if signs.apart > 0.02:
        text = f"a part of {signs.apart:.0%} of the mask lies apart, where the judge sees nothing"
        yield Diagnosis("spilled", 0.7, text, tuple(signs.apart_slices))
    if usual.odd(signs) > ODD:
        yield from _of_size(signs, usual, unit)


def _of_size(signs: Signs, usual: Usual, unit: str) -> Iterator[Diagnosis]:
    """Outlines moved all round, and masks of which a part is missing."""
    moved = signs.resized
    if moved is not None and moved.dice - signs.overlap > RESIZED_GAIN and moved.dice > RESIZED_AFTER * usual.overlap:
        kind, word = ("over-drawn", "outside") if moved.distance < 0 else ("under-drawn", "inside")
        length = f"{abs(moved.distance):.1f} {'pixels' if unit == 'voxel' else unit}"
        text = f"{kind}: its outline lies {length} {word} of where the judge sees it, all round"
        sure = float(min(0.9, 0.4 + moved.dice - signs.overlap))
        yield Diagnosis(kind, sure, text, detail={"distance": -moved.distance})
    elif signs.lost > LOST and signs.extra < 0.1 and usual.odd(signs) > 2 * ODD:
        yield Diagnosis("part-erased", 0.6, f"{signs.lost:.0%} of what the judge sees is missing in the mask")


def missing_classes(signs: Signs, usual: Usual) -> list[int]:
    """Classes that the mask lacks, the proposal shows, and most masks have."""
    return [
        value
        for value, (mine, theirs) in signs.sizes.items()
        if len(signs.sizes) > 1 and mine == 0 and usual.sizes[value] > 0 and theirs > 0.1 * usual.sizes[value]
    ]


def resizing(signs: Signs, usual: Usual) -> float:
    """What the Dice of the foreground gains by moving the outline all round, where it then fits as usual; else less."""
    if signs.resized is None:
        return 0.0
    gain = max(0.0, signs.resized.dice - signs.overlap)
    return gain * min(1.0, signs.resized.dice / max(usual.overlap, 1e-6)) ** 4


def _runs(runs: Sequence[tuple[int, int]]) -> str:
    """As "slices 4 to 7 and 9"."""
    parts = [f"{first} to {last}" if last > first else f"{first}" for first, last in runs]
    many = len(parts) > 1 or runs[0][0] != runs[0][1]
    return f"slice{'s' if many else ''} {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}"
