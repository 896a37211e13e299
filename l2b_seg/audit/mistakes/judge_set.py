"""What all masks of a set say together: the score and the diagnosis of every case and slice."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2b_seg.audit.judges.expected_dice import UNSURE
from l2b_seg.audit.mistakes.diagnosis import MECHANICAL, Diagnosis, diagnose, partners_named, usual_of
from l2b_seg.audit.mistakes.misfiled import swapped
from l2b_seg.audit.mistakes.score import bounded, case_suspicion, slice_suspicion
from l2b_seg.audit.mistakes.signs import Signs

Row = dict[str, Any]


def judge_set(
    signs: Mapping[str, Signs], cases: Sequence[Row], slices: Sequence[Row], names: Sequence[str], unit: str
) -> None:
    """Fill in score, diagnosis and whether the judge is unsure, in the rows of cases and slices.

    signs: of every case. names: of the classes, by label value from 1. unit: of distances.
    """
    usual = usual_of(list(signs.values()))
    expected = float(np.median([row["expected_dice"] for row in cases]))
    swaps = swapped(list(signs), [one.outline for one in signs.values()], len(names))
    named = {case: diagnose(one, swaps.get(case), usual, names, unit) for case, one in signs.items()}
    named |= partners_named(named, swaps)
    by_case: dict[str, list[Row]] = {case: [] for case in signs}
    for row in slices:
        by_case[row["case"]].append(row)
    for row in cases:
        case = row["case"]
        found = named[case]
        suspicion = case_suspicion(signs[case], swaps.get(case), usual, row["soft_min"], found)
        row["score"] = bounded(suspicion)
        row["unsure"] = row["expected_dice"] < UNSURE * expected
        row |= _told(found)
        for part in by_case[case]:
            alone = len(by_case[case]) == 1
            part["score"] = row["score"] if alone else bounded(slice_suspicion(part, suspicion, found))
            meant = found is not None and (found.slices is None or part["slice"] in found.slices)
            part["diagnosis"] = found.kind if found is not None and meant and part["state"] != "both empty" else None
        worst = max(by_case[case], key=lambda part: part["score"])
        row |= {"worst_slice": worst["slice"], "worst_score": worst["score"]}


def _told(found: Diagnosis | None) -> Row:
    if found is None:
        return {}
    partner = found.detail.get("partner")
    mend = found.kind in MECHANICAL
    return {"diagnosis": found.kind, "sure": found.sure, "said": found.text, "partner": partner, "mend": mend}
