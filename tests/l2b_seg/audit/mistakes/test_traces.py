"""Traces of mistakes, on masks drawn by hand."""

import numpy as np
import pytest

from data_prep.mask_mistakes.kinds import MISTAKES, CleanMask
from l2b_seg.audit.mistakes.traces import apart, block_side, copied_slices, every_third, gaps, runs
from tests.l2b_seg.audit.mistakes.masks import SPACING, organ


def discs(radii, size=40, centre=(19, 21)):
    rows, columns = np.ogrid[:size, :size]
    away = np.hypot(rows - centre[0], columns - centre[1])
    return np.stack([(away <= radius).astype(np.uint8) for radius in radii])


def test_runs():
    assert runs(np.array([], bool)) == []
    assert runs(np.array([True])) == [(0, 0)]
    assert runs(np.array([1, 1, 0, 0, 1, 0, 1, 1, 1], bool)) == [(0, 1), (4, 4), (6, 8)]


def test_copied_slices():
    assert copied_slices(discs([3, 5, 5, 5, 7, 7, 6])) == [(1, 3), (4, 5)]
    assert copied_slices(discs([3, 5, 4, 5, 6])) == []  # not in a row
    assert copied_slices(discs([-1, -1, 5, -1, -1])) == []
    assert copied_slices(discs([1, 1, 2, 2])) == [(2, 3)]  # five pixels can be the same by chance
    assert copied_slices(discs([5])) == []
    two = discs([6, 6])
    two[1, 19, 21] = 2
    assert copied_slices(two) == []  # of another class


def test_gaps():
    assert gaps(discs([-1, 4, -1, -1, 5, 6, -1, 3, -1, -1])) == [(2, 3), (6, 6)]
    assert gaps(discs([-1, 4, 5, -1])) == gaps(discs([-1, -1])) == gaps(discs([5])) == []


@pytest.mark.parametrize("origin", [(0, 0), (1, 3), (2, 2)])
def test_blocks_of_4_whatever_their_origin(origin):
    coarse = np.kron(discs([4, 3, 2], 10, (4, 5)), np.ones((1, 4, 4), np.uint8))
    assert block_side(np.roll(coarse, origin, (1, 2))) == 4
    coarse[1, 18, 22] = 1 - coarse[1, 18, 22]
    assert block_side(np.roll(coarse, origin, (1, 2))) is None


@pytest.mark.parametrize("side", [3, 5, 6, 8])
def test_blocks_of_other_sides(side):
    coarse = np.kron(discs([4], 10, (4, 5)), np.ones((1, side, side), np.uint8))
    assert block_side(coarse) == side


def test_no_blocks_in_discs_rectangles_and_nothing():
    for radius in range(1, 15):
        assert block_side(discs([radius])) is None
    box = np.zeros((2, 40, 40), np.uint8)
    box[:, 8:24, 4:32] = 1
    assert block_side(box) is None
    assert block_side(np.zeros((2, 8, 8), np.uint8)) is None
    assert block_side(np.ones((1, 1, 1), np.uint8)) is None


def test_planted_coarse_masks_have_a_trace():
    for seed in range(12):
        wrong, size = MISTAKES["coarse"](CleanMask(organ(seed), SPACING), np.random.default_rng(seed))
        if size["what"] == "every third slice":
            assert every_third(wrong) or len(np.flatnonzero(wrong.any((1, 2)))) < 3
        else:
            assert block_side(wrong) in (4, 8)
        assert block_side(organ(seed)) is None


def test_every_third():
    assert every_third(discs([-1, 4, -1, -1, 5, -1, -1, 6, -1]))
    assert not every_third(discs([4, -1, -1, 5, -1, -1]))  # two are by chance
    assert not every_third(discs([4, -1, 5, -1, 5]))
    assert not every_third(discs([4, -1, -1, 5, -1, -1, 6, 6]))
    assert not every_third(discs([-1, -1]))


def test_apart():
    proposal = discs([6, 7, 8])
    given = proposal.copy()
    assert apart(given, proposal) == (0, [])
    given[1:, 2:6, 2:7] = 1
    share, slices = apart(given, proposal)
    assert share == 40 / given.sum()
    assert slices == [1, 2]
    proposal[2, 5, 6] = 1  # the judge sees a pixel of it
    assert apart(given, proposal) == (0, [])


def test_apart_says_nothing_where_no_part_meets_the_proposal():
    given = discs([3])
    given[0, 2:6, 2:7] = 1
    assert apart(given, np.zeros_like(given)) == (0, [])
    assert apart(np.zeros_like(given), given) == (0, [])
