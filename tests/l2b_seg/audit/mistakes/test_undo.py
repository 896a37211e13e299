"""Mechanical mistakes undone, on masks that are known."""

import numpy as np
import pytest

from data_prep.mask_mistakes.kinds import MISTAKES, CleanMask
from l2b_seg.audit.mistakes.undo import best_shift, fit, moved, undone, without
from tests.l2b_seg.audit.mistakes.masks import SPACING, organ

UNDONE = ("mirrored", "reversed", "shifted", "inverted")


def spoilt(kind, clean, seed=0):
    labels, _ = MISTAKES[kind](CleanMask(clean, SPACING), np.random.default_rng(seed))
    assert (labels != clean).any()
    return labels


def best(kind, given, proposal, classes):
    return max((one for one in undone(given, proposal, classes) if one.kind == kind), key=lambda one: one.dice)


def test_fit():
    one, other = np.zeros((2, 2, 6), np.uint8), np.zeros((2, 2, 6), np.uint8)
    assert fit(one, other) == 1
    one[0, 0, :4], other[0, 0, 2:6] = 1, 1
    assert fit(one, other) == 0.5
    assert fit(one, np.zeros_like(one)) == fit(np.zeros_like(one), one) == 0
    one[1, 0, :3], other[1, 0, :3] = 2, 2
    assert fit(one, other) == 0.75  # mean of the two classes
    other[1, 1, 0] = 3
    assert fit(one, other) == 0.5  # one of three is in the other mask alone


@pytest.mark.parametrize("classes", [1, 2, 3])
@pytest.mark.parametrize("kind", UNDONE)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_clean_mask_comes_back(kind, classes, seed):
    clean = organ(seed, classes=classes)
    given = spoilt(kind, clean, seed)
    np.testing.assert_array_equal(without(kind, given, clean, classes), clean)
    found = best(kind, given, clean, classes)
    assert found.dice == 1
    assert found.change == 1 - fit(clean, given)
    assert all(one.dice < 1 for one in undone(given, clean, classes) if one.kind != kind)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_exchanged_classes_come_back(classes):
    clean = organ(0, classes=min(classes, 3))
    if classes == 5:
        clean[clean == 3] = 5
        clean[:, 2:5, 40:50] = 4
    for seed in range(4):
        given = spoilt("classes-exchanged", clean, seed)
        exchanged = [value for value in range(1, classes + 1) if ((given == value) != (clean == value)).any()]
        found = best("classes-exchanged", given, clean, classes)
        assert (found.dice, found.detail) == (1, {"classes": exchanged})
        np.testing.assert_array_equal(without("classes-exchanged", given, clean, classes), clean)


def test_three_classes_round_in_a_circle_come_back():
    clean = organ(1, classes=3)
    given = np.array([0, 2, 3, 1], np.uint8)[clean]
    found = best("classes-exchanged", given, clean, 3)
    assert (found.dice, found.detail) == (1, {"classes": [1, 2, 3]})


def test_a_shift_is_told_as_it_was_made():
    clean = organ(2)
    for rows, columns in ((4, 0), (0, -5), (-3, 6), (5, 5)):
        given = moved(clean, rows, columns)
        assert best("shifted", given, clean, 1).detail == {"rows": rows, "columns": columns}


def test_a_shift_that_left_the_picture_does_not_come_back_on_the_other_side():
    clean = np.zeros((1, 40, 40), np.uint8)
    clean[0, 28:36, 10:22] = 1
    given = moved(clean, 6, 0)
    assert given.sum() == clean.sum() - 2 * 12
    assert best_shift(given > 0, clean > 0) in [(-4, 0), (-5, 0), (-6, 0)]  # all six rows that are left lie inside
    assert not moved(clean, 0, 40).any()


def test_shifts_beyond_a_fifth_of_the_side_are_not_looked_for():
    clean = np.zeros((1, 40, 60), np.uint8)
    clean[0, 2:8, 2:8] = 1
    rows, columns = best_shift(moved(clean, 20, 0) > 0, clean > 0)
    assert abs(rows) <= 8
    assert abs(columns) <= 8


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 2), (2, 1, 9)])
def test_tiny_and_empty_masks(shape):
    full, empty = np.ones(shape, np.uint8), np.zeros(shape, np.uint8)
    for given in (full, empty):
        for proposal in (full, empty):
            kinds = {one.kind for one in undone(given, proposal, 1)}
            assert kinds == {"mirrored", "inverted"} | ({"reversed"} if shape[0] > 1 else set())
            assert best("inverted", given, proposal, 1).dice == float((given != proposal).all())
    assert {one.kind for one in undone(full, full, 2)} >= {"classes-exchanged"}


def test_masks_without_a_slice_in_common_are_not_shifted():
    clean = organ(0)
    given, proposal = clean > 0, clean > 0
    given[5:] = proposal[:5] = False
    assert best_shift(given, proposal) == (0, 0)


def test_what_cannot_be_undone():
    clean = organ(0)
    with pytest.raises(ValueError, match="spilled: nothing to undo"):
        without("spilled", clean, clean, 1)
    with pytest.raises(ValueError, match="reversed: nothing to undo"):
        without("reversed", clean[:1], clean[:1], 1)
