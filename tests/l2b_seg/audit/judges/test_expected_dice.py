"""How good a judge takes its own proposal to be."""

from dataclasses import replace

import numpy as np
import pytest

from l2b_data.images.volume import Volume
from l2b_seg.audit.judges.expected_dice import expected_dice
from l2b_seg.audit.outlook import most_probable, outlook_of
from tests.l2b_seg.audit.two_classes import two_classes


def seen(probability, given=None):
    """A case of one slice and one class."""
    mask = np.zeros(probability.shape, np.uint8) if given is None else given
    return outlook_of(_Unit, "a", Volume(mask[None]), probability[None, None].astype(np.float32), None)


class _Unit:
    spacing_unit = "voxel"


def test_by_hand():
    sure, torn = np.zeros((4, 4)), np.zeros((4, 4))
    sure[:2], torn[:2], torn[2] = 1.0, 0.6, 0.4
    assert expected_dice(seen(sure)) == pytest.approx(1.0)
    assert expected_dice(seen(torn)) == pytest.approx(2 * 8 * 0.6 / (8 * 0.6 + 4 * 0.4 + 8))


def test_close_to_the_mean_dice_to_truths_drawn_from_the_probabilities():
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:60, :60]
    probability = 1 / (1 + np.exp((np.hypot(rows - 30, columns - 30) - 15) / 4))
    proposed = most_probable(probability[None]) > 0
    drawn = rng.random((200, 60, 60)) < probability
    dice = 2 * (drawn & proposed).sum((1, 2)) / (drawn.sum((1, 2)) + proposed.sum())
    assert expected_dice(seen(probability)) == pytest.approx(dice.mean(), abs=0.01)


def test_of_several_classes_the_mean_over_those_proposed():
    case = two_classes()
    both = expected_dice(case)
    assert both == pytest.approx(2 * 0.9 / 1.9, abs=0.001)
    without = replace(case, proposal=np.where(case.proposal == 2, 0, case.proposal).astype(np.uint8))
    assert expected_dice(without) == pytest.approx(both)


def test_nothing_proposed():
    nothing = np.full((4, 4), 0.1)
    assert expected_dice(seen(nothing)) == 1.0
    assert expected_dice(seen(nothing, np.eye(4, dtype=np.uint8))) == 0.0
