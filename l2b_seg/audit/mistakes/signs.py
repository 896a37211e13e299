"""All signs of mistakes in one mask, in few numbers: what the whole set is compared by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from l2b_seg.audit.mistakes.misfiled import Outline, outline_of
from l2b_seg.audit.mistakes.resized import Resized, resized
from l2b_seg.audit.mistakes.traces import apart, block_side, copied_slices, every_third, gaps
from l2b_seg.audit.mistakes.undo import Undone, fit, undone
from l2b_seg.audit.outlook import Outlook

Runs = list[tuple[int, int]]


@dataclass(frozen=True)
class Signs:
    """Of a mask beside its proposal; D slices, classes counted where they are usable.

    fit: Dice, see `fit`. overlap: Dice of all foreground. disagreement: pixels where both differ, each with the
    judge's confidence, as a share of either's foreground. undone, resized: see there. block, copied, third, apart,
    apart_slices: see `traces`. emptied: runs of slices without a mask though drawn ones lie on both sides and the
    proposal goes on, and the share of the proposal in them. sizes: voxels a class (mask, proposal). lost: share of the
    proposal's foreground that the mask lacks; extra: of the mask's that the proposal lacks. shape: (D, H, W).
    """

    fit: float
    overlap: float
    disagreement: float
    undone: list[Undone]
    resized: Resized | None
    block: int | None
    copied: Runs
    third: bool
    emptied: Runs
    emptied_share: float
    apart: float
    apart_slices: list[int]
    sizes: dict[int, tuple[int, int]]
    lost: float
    extra: float
    shape: tuple[int, ...]
    outline: Outline


def signs_of(seen: Outlook, usable: Sequence[int], classes: int) -> Signs:
    """The signs in a case's mask. usable: label values that count; others are taken as background in both maps."""
    counted = np.where(np.isin(np.arange(classes + 1), usable), np.arange(classes + 1), 0).astype(np.uint8)
    given, proposal = counted[seen.given], counted[seen.proposal]
    mine, theirs = given > 0, proposal > 0
    both, one, other = (int(np.count_nonzero(part)) for part in (mine & theirs, mine, theirs))
    either = one + other - both
    differ = given != proposal
    doubt = seen.confidence[differ].sum(dtype=np.float64)
    share, places = apart(given, proposal)
    emptied = [(first, last) for first, last in gaps(given) if theirs[first : last + 1].any()]
    inside = sum(int(np.count_nonzero(theirs[first : last + 1])) for first, last in emptied)
    return Signs(
        fit=fit(given, proposal),
        overlap=2 * both / (one + other) if one + other else 1.0,
        disagreement=float(doubt / max(1, either)),
        undone=undone(given, proposal, classes) if one and differ.any() else [],
        resized=resized(given, proposal, seen.spacing),
        block=block_side(given),
        copied=copied_slices(given),
        third=every_third(given),
        emptied=emptied,
        emptied_share=inside / max(1, other),
        apart=share,
        apart_slices=places,
        sizes={value: (int((given == value).sum()), int((proposal == value).sum())) for value in usable},
        lost=(other - both) / max(1, other),
        extra=(one - both) / max(1, one),
        shape=given.shape,
        outline=outline_of(given, proposal),
    )
