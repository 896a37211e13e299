"""The expected error of a slice: presence, agreement, gaps, size."""

import numpy as np
import pytest

from l2b_seg.audit.mistakes.expected_error import DRAWN, OUTLINE, expected_error


def disc(radius, centre=(16, 16), size=32):
    rows, columns = np.ogrid[:size, :size]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def case(given, probability, usual=None):
    share = disc(6).mean() if usual is None else usual
    return expected_error(np.stack(given), np.stack(probability).astype(np.float32), float(share))


def test_by_hand():
    organ, nothing = disc(6), np.zeros((32, 32), bool)
    found = case([organ, nothing, nothing], [organ * 0.9, organ * 0.9, nothing * 0.0])
    assert found == pytest.approx([1 - 0.9 * OUTLINE, 0.9, 0], abs=1e-6)


def test_a_drawn_slice_is_granted_some_presence():
    assert case([disc(6)] * 2, [disc(6) * 0.2] * 2) == pytest.approx([1 - DRAWN * OUTLINE] * 2, abs=1e-6)


def test_an_organ_goes_on_over_a_gap():
    organ, nothing = disc(6), np.zeros((32, 32), bool)
    found = case(
        [organ, nothing, nothing, organ, nothing], [organ * 0.8, *[nothing * 0.0] * 2, organ * 0.8, nothing * 0.0]
    )
    assert found[1:3] == pytest.approx([0.8, 0.8], abs=1e-6)
    assert found[4] == pytest.approx(0)


def test_it_does_not_grow_with_the_area():
    large, small = disc(10), disc(5)
    found = case([disc(10, (16, 20)), disc(5, (16, 20))], [large * 0.9, small * 0.9], usual=disc(5).mean())
    assert found[1] > found[0]  # the same shift spoils the smaller one more


def test_nothing_anywhere_is_no_error():
    assert expected_error(np.zeros((2, 8, 8), bool), np.zeros((2, 8, 8), np.float32), 0.1).tolist() == [0, 0]
