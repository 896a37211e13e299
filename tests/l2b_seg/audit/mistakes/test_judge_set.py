"""Score and diagnosis of all rows of a set."""

import numpy as np

from l2b_seg.audit.mistakes.judge_set import judge_set
from tests.l2b_seg.audit.mistakes.masks import organ, outlook, rows_and_signs


def judged(pairs, names=("organ",)):
    """Rows of cases by name and of slices by name and index, of a set of (given, proposal)."""
    signs, cases, slices = rows_and_signs([outlook(case, *pair) for case, pair in pairs.items()])
    judge_set(signs, cases, slices, names, "mm")
    return {row["case"]: row for row in cases}, {(row["case"], row["slice"]): row for row in slices}


def ordinary(count=6):
    return {f"c{seed}": (organ(seed), organ(seed)) for seed in range(count)}


def test_rows_of_a_mirrored_mask():
    clean = organ(20)
    cases, slices = judged(ordinary() | {"m": (clean[:, :, ::-1].copy(), clean)})
    row = cases["m"]
    assert (row["diagnosis"], row["mend"], row["partner"]) == ("mirrored", True, None)
    assert row["said"].startswith("mirrored left-right: turned back it agrees by Dice 1.00")
    assert row["score"] == max(other["score"] for other in cases.values())
    drawn = {index for index in range(len(clean)) if clean[index].any()}
    assert {index for (case, index), one in slices.items() if one["diagnosis"]} == drawn
    assert {case for (case, _), one in slices.items() if one["diagnosis"]} == {"m"}
    worst = max((one for (case, _), one in slices.items() if case == "m"), key=lambda one: one["score"])
    assert (row["worst_slice"], row["worst_score"]) == (worst["slice"], worst["score"])
    assert [cases[case]["diagnosis"] for case in ordinary()] == [None] * 6
    assert [cases[case]["mend"] for case in ordinary()] == [False] * 6


def test_a_diagnosis_of_some_slices_stands_in_their_rows_alone():
    clean = organ(20)
    given = clean.copy()
    given[3:5] = 0
    cases, slices = judged(ordinary() | {"gap": (given, clean)})
    assert (cases["gap"]["diagnosis"], cases["gap"]["mend"]) == ("slices-deleted", False)
    assert [key for key, row in slices.items() if row["diagnosis"]] == [("gap", 3), ("gap", 4)]
    assert cases["gap"]["worst_slice"] in (3, 4)


def test_a_judge_is_unsure_of_a_case_where_it_expects_less_of_itself_than_usual():
    signs, cases, slices = rows_and_signs([outlook(case, *pair) for case, pair in ordinary().items()])
    for row, expected in zip(cases, (0.8, 0.81, 0.79, 0.9, 0.69, 0.67), strict=True):  # median 0.795
        row["expected_dice"] = expected
    judge_set(signs, cases, slices, ["organ"], "mm")
    assert [row["unsure"] for row in cases] == [False] * 5 + [True]


def test_swapped_masks_in_a_set_of_two_grids():
    """Of 6 masks of one grid and 4 of another, a pair each."""
    small = (8, 40, 44)
    pairs = ordinary() | {f"s{seed}": (organ(seed, small), organ(seed, small)) for seed in range(4)}
    far = np.roll(organ(1), (12, 14), (1, 2))
    pairs |= {"c1": (far, far)}
    near, away = organ(3, small), np.roll(organ(2, small), (10, 12), (1, 2))
    pairs |= {"s3": (away, near), "s2": (near, away)}
    pairs |= {"c1": (pairs["c4"][1], far), "c4": (far, pairs["c4"][1])}
    cases, _ = judged(pairs)
    partners = {case: row["partner"] for case, row in cases.items() if row["diagnosis"] is not None}
    assert partners == {"c1": "c4", "c4": "c1", "s2": "s3", "s3": "s2"}
    assert all(cases[case]["diagnosis"] == "swapped" and cases[case]["mend"] for case in partners)


def test_a_single_slice_has_its_cases_score():
    pairs = {case: (given[4:5], proposal[4:5]) for case, (given, proposal) in ordinary().items()}
    clean = organ(20)[4:5]
    cases, slices = judged(pairs | {"m": (clean[:, :, ::-1].copy(), clean)})
    assert cases["m"]["diagnosis"] == slices["m", 0]["diagnosis"] == "mirrored"
    assert all(slices[case, 0]["score"] == row["score"] for case, row in cases.items())


def test_one_case_alone():
    cases, slices = judged({"a": (organ(0), organ(0))})
    assert cases["a"]["diagnosis"] is None
    assert len(slices) == len(organ(0))
