"""Dice by hand."""

import numpy as np
import pytest

from l2b_data.cases.dice import dice, dice_of_counts


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 1, 1, 0, 0], [0, 1, 1, 1, 1], 4 / 7),
        ([1, 1, 0, 0, 0], [1, 1, 0, 0, 0], 1.0),
        ([1, 1, 0, 0, 0], [0, 0, 1, 0, 0], 0.0),
        ([0, 0, 0, 0, 0], [0, 0, 1, 0, 0], 0.0),
        ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0], 1.0),
        ([], [], 1.0),
    ],
)
def test_two_masks(a, b, expected):
    a, b = np.array(a, bool), np.array(b, bool)
    found = dice(a, b)
    assert (found, type(found)) == (expected, float)
    assert dice_of_counts(int((a & b).sum()), int(a.sum() + b.sum())) == expected
