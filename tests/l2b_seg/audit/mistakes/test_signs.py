"""The signs in one mask, on label maps worked out by hand."""

import numpy as np
import pytest

from l2b_seg.audit.mistakes.signs import signs_of
from tests.l2b_seg.audit.mistakes.masks import organ, outlook, signs_between


def bars(length_given, length_proposal, *, depth=3):
    given, proposal = np.zeros((depth, 20, 40), np.uint8), np.zeros((depth, 20, 40), np.uint8)
    given[:, 8, :length_given], proposal[:, 8, :length_proposal] = 1, 1
    return given, proposal


def test_shares():
    signs = signs_between(*bars(10, 30))
    assert signs.fit == signs.overlap == 0.5
    assert signs.disagreement == pytest.approx(0.8 * 20 / 30)
    assert (signs.lost, signs.extra) == (pytest.approx(2 / 3), 0)
    assert signs.sizes == {1: (30, 90)}
    turned = signs_between(*bars(30, 10))
    assert (turned.lost, turned.extra) == (0, pytest.approx(2 / 3))


def test_an_equal_mask_has_nothing_to_undo():
    clean = organ(0, classes=2)
    signs = signs_between(clean, clean, classes=2)
    assert (signs.fit, signs.overlap, signs.disagreement, signs.undone, signs.lost) == (1, 1, 0, [], 0)


def test_exchanged_classes_of_one_outline_can_be_undone():
    """The foreground is the same, the classes in it are not."""
    clean = organ(0, classes=2)
    signs = signs_between(np.array([0, 2, 1], np.uint8)[clean], clean, classes=2)
    assert signs.overlap == 1
    assert signs.fit == 0
    assert [(one.kind, one.dice) for one in signs.undone if one.dice == 1] == [("classes-exchanged", 1)]


def test_a_gap_counts_where_the_proposal_goes_on():
    clean = organ(0)
    given = clean.copy()
    given[3:5] = 0
    signs = signs_between(given, clean)
    assert signs.emptied == [(3, 4)]
    assert signs.emptied_share == clean[3:5].sum() / clean.sum()
    without = clean.copy()
    without[3:5] = 0
    assert signs_between(given, without).emptied == []


@pytest.mark.parametrize("depth", [1, 4])
def test_empty_mask_empty_proposal_and_both(depth):
    clean = organ(0, (depth, 48, 56))
    empty = np.zeros_like(clean)
    lacking = signs_between(empty, clean)
    assert (lacking.fit, lacking.overlap, lacking.lost, lacking.extra) == (0, 0, 1, 0)
    assert (lacking.undone, lacking.resized, lacking.disagreement) == ([], None, pytest.approx(0.8))
    beyond = signs_between(clean, empty)
    assert (beyond.fit, beyond.lost, beyond.extra, beyond.resized) == (0, 0, 1, None)
    assert all(one.dice == 0 for one in beyond.undone)
    neither = signs_between(empty, empty)
    assert (neither.fit, neither.disagreement, neither.undone, neither.emptied_share) == (1, 0, [], 0)


def test_dead_classes_do_not_count():
    clean = organ(0, classes=2)
    given = np.where(clean == 2, 0, clean).astype(np.uint8)
    given[:, :4, :4] = 2
    counted = signs_between(given, clean, classes=2)
    assert counted.fit < 1
    signs = signs_between(given, clean, classes=2, usable=[1])
    assert (signs.fit, signs.overlap, signs.disagreement, signs.undone, signs.apart) == (1, 1, 0, [], 0)
    assert list(signs.sizes) == [1]
    assert signs.outline.given.max() == signs.outline.proposal.max() == 1


def test_distances_are_in_the_unit_of_the_spacing():
    given, proposal = np.zeros((2, 1, 60, 60), np.uint8)
    given[0, 20:40, 20:40], proposal[0, 15:45, 15:45] = 1, 1
    signs = signs_of(outlook("a", given, proposal), [1], 1)
    assert signs.resized.distance == pytest.approx(5 * 0.8, abs=0.8)
    assert signs.shape == (1, 60, 60)
