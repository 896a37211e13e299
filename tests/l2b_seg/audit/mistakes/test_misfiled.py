"""Masks of another case, found in a set."""

import numpy as np
import pytest

from l2b_seg.audit.mistakes.misfiled import outline_of, swapped
from l2b_seg.audit.mistakes.undo import fit
from tests.l2b_seg.audit.mistakes.masks import organ


def box(row, column, shape=(4, 40, 40), value=1):
    labels = np.zeros(shape, np.uint8)
    labels[1:3, row : row + 12, column : column + 10] = value
    return labels


def found_in(pairs, classes=1, **options):
    names = [f"c{number}" for number in range(len(pairs))]
    found = swapped(names, [outline_of(given, proposal) for given, proposal in pairs], classes, **options)
    return {case: swap.partner for case, swap in found.items()}, found


def test_pairs_in_several_grids():
    small = [box(2, 2), box(2, 25), box(25, 2), box(25, 25)]
    large = [box(2, 2, (6, 40, 50)), box(20, 30, (6, 40, 50))]
    clean = [small[0], large[0], small[1], small[2], large[1], small[3]]
    given = [small[3], large[1], small[1], small[2], large[0], small[0]]
    partners, swaps = found_in(list(zip(given, clean, strict=True)))
    assert partners == {"c0": "c5", "c5": "c0", "c1": "c4", "c4": "c1"}
    assert all((swap.before, swap.after, swap.change) == (0, 1, 1) for swap in swaps.values())


def test_a_case_is_in_one_pair_and_the_pair_that_gains_most_comes_first():
    clean = [box(2, 2), box(25, 25), box(5, 5)]  # c2 is much like c0
    given = [clean[1], clean[0], clean[1]]  # c1 has the mask of c0; c0 and c2 have that of c1
    partners, _ = found_in(list(zip(given, clean, strict=True)))
    assert partners == {"c0": "c1", "c1": "c0"}


def test_none_where_only_one_of_both_fits_better():
    clean = [box(2, 2), box(25, 25)]
    assert found_in([(clean[1], clean[0]), (clean[1], clean[1])])[0] == {}


def test_none_where_masks_fit_and_none_below_the_least_gain():
    clean = [box(2, 2), box(8, 2), box(8, 4)]
    assert found_in([(one, one) for one in clean])[0] == {}
    exchanged = [(clean[1], clean[0]), (clean[0], clean[1])]
    assert found_in(exchanged)[0] == {"c0": "c1", "c1": "c0"}
    assert found_in(exchanged, least=0.99)[0] == {}


def test_other_grids_are_not_compared_and_one_case_has_no_partner():
    one, other = box(2, 2), box(25, 25, (4, 40, 44))
    assert found_in([(box(25, 25), one), (box(2, 2, (4, 40, 44)), other)])[0] == {}
    assert found_in([(box(25, 25), one)])[0] == {}
    assert swapped([], [], 1) == {}


def test_empty_masks_and_proposals():
    organ_, empty = box(2, 2), np.zeros((4, 40, 40), np.uint8)
    assert found_in([(empty, organ_), (organ_, empty)])[0] == {"c0": "c1", "c1": "c0"}  # a mask of nothing is misfiled
    assert found_in([(empty, empty), (organ_, organ_)])[0] == {}
    assert found_in([(empty, organ_), (empty, organ_)])[0] == {}


def test_classes_count_each():
    one, other = box(2, 2) + box(2, 20, value=2), box(2, 2, value=2) + box(2, 20)
    assert found_in([(other, one), (one, other)], 2)[0] == {"c0": "c1", "c1": "c0"}


@pytest.mark.parametrize("shape", [(1, 300, 17), (40, 20, 100)])
def test_thinned_out_masks_keep_their_dice(shape):
    one, other = organ(0, shape), organ(1, shape)
    outline = outline_of(one, other)
    assert outline.grid == shape
    assert outline.given.size == min(shape[0], 16) * min(shape[1], 32) * min(shape[2], 32)
    assert fit(outline.given, outline.proposal) == pytest.approx(fit(one, other), abs=0.08)
