"""How suspicious a mask is: what its judge says of it, and the signs of mistakes, beside what is usual in the set."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from l2b_seg.audit.mistakes.diagnosis import Diagnosis, Usual, missing_classes, resizing, undoing
from l2b_seg.audit.mistakes.misfiled import Swap
from l2b_seg.audit.mistakes.signs import Signs

DEFINITION = (
    "suspicion in [0, 1]: 1 - exp(-s). s = mean of doubt and soft_min + 2 * undone + resized + trace. doubt: "
    "disagreement, at least half of 1 - Dice to the proposal (of classes the mean). undone: "
    "rise of the Dice to the proposal by undoing a mechanical mistake, resized: by moving the outline all round, each "
    "times the fourth power of how usual the Dice then is in the set (at most 1). trace, at most 1: blocks or copied "
    "slices where few masks have them, a class that is missing, ten times the share of the mask in parts apart, twice "
    "the share of the proposal on slices left out. Where a mistake is named, half of how sure that is comes on top"
)


def case_suspicion(
    signs: Signs, swap: Swap | None, usual: Usual, soft_min: float, named: Diagnosis | None = None
) -> float:
    """The suspicion s of a case, 0 and more; see DEFINITION."""
    doubt = max(signs.disagreement, (1 - signs.fit) / 2)  # an unsure judge's disagreement is small
    said = (doubt + soft_min) / 2
    sure = 0.0 if named is None else named.sure / 2
    return said + 2 * _undone(signs, swap, usual) + resizing(signs, usual) + trace(signs, usual) + sure


def _undone(signs: Signs, swap: Swap | None, usual: Usual) -> float:
    found = [max(0.0, gain) * min(1.0, one.dice / max(usual.fit, 1e-6)) ** 4 for one, gain in undoing(signs, swap)]
    return max(found, default=0.0)


def trace(signs: Signs, usual: Usual) -> float:
    """How far the mask itself shows a mistake, in [0, 1]."""
    plain = (
        (signs.block is not None and not usual.blocks)
        or (bool(signs.copied) and not usual.copies)
        or bool(missing_classes(signs, usual))
    )
    return max(float(plain), min(1.0, 10 * signs.apart), min(1.0, 2 * signs.emptied_share))


def slice_suspicion(row: Mapping[str, Any], case: float, diagnosis: Diagnosis | None) -> float:
    """The suspicion s of a slice: its own doubt and expected error, and half of the case's where it is meant.

    A diagnosis of the whole case means the slices where mask or proposal have pixels, one of some slices those.
    """
    own = (row["disagreement"] + row["soft_min"]) / 2 + row["expected_error"]
    if diagnosis is None:
        return float(own)
    meant = row["slice"] in diagnosis.slices if diagnosis.slices is not None else row["state"] != "both empty"
    return float(own + case / 2 * meant)


def bounded(suspicion: float) -> float:
    """s as a score in [0, 1)."""
    return float(1 - np.exp(-suspicion))
