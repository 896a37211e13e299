"""The score of a mask: above that of clean ones for every kind of mistake."""

import numpy as np
import pytest

from data_prep.mask_mistakes.kinds import MISTAKES, SWAPPED, CleanMask
from l2b_seg.audit.mistakes.diagnosis import Diagnosis, usual_of
from l2b_seg.audit.mistakes.judge_set import judge_set
from l2b_seg.audit.mistakes.misfiled import Swap
from l2b_seg.audit.mistakes.score import bounded, case_suspicion, slice_suspicion, trace
from tests.l2b_seg.audit.mistakes.masks import SPACING, organ, outlook, rows_and_signs, seen_by_judge, signs_between

NAMES = ["rim", "core", "strip"]


def scores(kind, classes, spoilt=(3, 8), count=12):
    """Scores of a set of which two cases have the mistake, under a judge with noise: (spoilt, clean)."""
    clean = [organ(seed, classes=classes) for seed in range(count)]
    given = list(clean)
    for case in spoilt:
        if kind == SWAPPED:
            given[case] = clean[spoilt[case == spoilt[0]]]
        else:
            given[case] = MISTAKES[kind](CleanMask(clean[case], SPACING), np.random.default_rng(case))[0]
    looks = [seen_by_judge(f"c{n}", clean[n], given[n], classes=classes, seed=n) for n in range(count)]
    signs, cases, slices = rows_and_signs(looks, classes=classes)
    judge_set(signs, cases, slices, NAMES[:classes], "mm")
    found = [row["score"] for row in cases]
    return [found[n] for n in spoilt], [found[n] for n in range(count) if n not in spoilt]


@pytest.mark.parametrize("classes", [1, 3])
def test_planted_masks_are_above_clean_ones_whatever_the_mistake(classes):
    for kind in (SWAPPED, *MISTAKES):
        if classes == 1 and kind in ("class-missing", "classes-exchanged"):
            continue
        spoilt, clean = scores(kind, classes)
        assert min(spoilt) > max(clean), kind


def test_a_trace_counts_only_where_few_masks_have_it():
    clean = [organ(seed) for seed in range(6)]
    coarse = [np.repeat(np.repeat(mask[:, 2::4, 2::4], 4, 1), 4, 2) for mask in clean]
    all_coarse = [signs_between(*pair) for pair in zip(coarse, clean, strict=True)]
    assert [trace(one, usual_of(all_coarse)) for one in all_coarse] == [0] * 6
    fine = [signs_between(mask, mask) for mask in clean[1:]]
    one = [all_coarse[0], *fine]
    assert [trace(signs, usual_of(one)) for signs in one] == [1, 0, 0, 0, 0, 0]


def test_parts_of_the_score():
    clean = organ(0)
    exact = signs_between(clean, clean)
    usual = usual_of([exact])
    assert case_suspicion(exact, None, usual, 0.3) == 0.15
    other = case_suspicion(exact, Swap("b", 0.5, 1.0, 0.8), usual, 0.3)
    assert other == pytest.approx(0.15 + 2 * 0.5)
    worse = case_suspicion(exact, Swap("b", 0.5, 0.4, 0.8), usual, 0.3)
    assert worse == 0.15  # a loss is no evidence
    assert case_suspicion(exact, None, usual, 0.3, Diagnosis("mirrored", 0.8, "")) == pytest.approx(0.15 + 0.8 / 2)
    apart = clean.copy()
    apart[4, 40:44, 48:53] = 1
    signs = signs_between(apart, clean)
    assert trace(signs, usual) == pytest.approx(10 * 20 / apart.sum())


def test_slices_a_diagnosis_means_have_half_of_the_cases_suspicion():
    row = {"disagreement": 0.2, "soft_min": 0.4, "expected_error": 0.1, "slice": 3, "state": "ok"}
    assert slice_suspicion(row, 2.0, None) == pytest.approx(0.4)
    some = Diagnosis("spilled", 1, "", (3, 4))
    whole = Diagnosis("mirrored", 1, "")
    assert slice_suspicion(row, 2.0, some) == slice_suspicion(row, 2.0, whole) == pytest.approx(1.4)
    assert slice_suspicion(row | {"slice": 5}, 2.0, some) == pytest.approx(0.4)
    assert slice_suspicion(row | {"state": "both empty"}, 2.0, whole) == pytest.approx(0.4)


def test_bounded():
    assert bounded(0) == 0
    assert bounded(1) == pytest.approx(1 - 1 / np.e)
    assert bounded(1e6) == 1


@pytest.mark.parametrize("depth", [1, 6])
def test_empty_masks_and_proposals_have_finite_scores(depth):
    clean = organ(0, (depth, 48, 56))
    empty = np.zeros_like(clean)
    pairs = {"lacking": (empty, clean), "beyond": (clean, empty), "neither": (empty, empty), "fits": (clean, clean)}
    for names in (list(pairs), *([name] for name in pairs)):
        signs, cases, slices = rows_and_signs([outlook(name, *pairs[name]) for name in names])
        judge_set(signs, cases, slices, ["organ"], "mm")
        found = {row["case"]: row["score"] for row in cases}
        assert all(0 <= score <= 1 for score in found.values())
        assert all(0 <= row["score"] <= 1 for row in slices)
        if len(names) > 1:
            assert min(found["lacking"], found["beyond"]) > max(found["neither"], found["fits"])


def test_classes_nobody_can_judge_do_not_count():
    clean = organ(0, classes=2)
    wrong = np.where(clean == 2, 0, clean).astype(np.uint8)
    signs = [signs_between(given, clean, classes=2, usable=[1]) for given in (wrong, clean, clean)]
    usual = usual_of(signs)
    assert case_suspicion(signs[0], None, usual, 0.0) == case_suspicion(signs[1], None, usual, 0.0) == 0
    counted = [signs_between(given, clean, classes=2) for given in (wrong, clean, clean)]
    assert case_suspicion(counted[0], None, usual_of(counted), 0.0) > 1
