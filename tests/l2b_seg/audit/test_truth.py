"""What is wrong beside clean masks, and how well a ranking finds it."""

import numpy as np
import pytest

from l2b_seg.audit.truth import ranking_quality, slice_dice


def test_slice_dice():
    given, clean = np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8)
    given[1, :2], clean[1, 1:3] = 1, 1
    given[2, 0] = 1
    given[3, 0], clean[3, 0] = 1, 1
    given[3, 2], clean[3, 3] = 2, 2
    assert slice_dice(given, clean) == [None, 0.5, 0.0, 0.5]


def test_ranking_quality():
    dice = [None, None, 1.0, 0.95, 0.5, 0.0]
    quality = ranking_quality({"right": [0, 0, 0.1, 0.2, 0.8, 0.9], "by area": [0, 0, 3, 4, 1, 2]}, dice)
    assert quality["all"]["right"]["auroc"] == 1
    assert quality["all"]["right"]["spearman"] == pytest.approx(1, abs=0.1)
    assert quality["all"]["by area"]["auroc"] == 0.5
    assert quality["foreground"]["by area"]["auroc"] == 0
    assert (quality["all"]["slices"], quality["all"]["wrong"]) == (6, 2)
    assert (quality["foreground"]["slices"], quality["foreground"]["wrong"]) == (4, 2)
    stricter = ranking_quality({"by area": [0, 0, 3, 4, 1, 2]}, dice, wrong_below=0.3)
    assert stricter["all"]["wrong"] == 1
    assert stricter["all"]["by area"]["auroc"] == pytest.approx(3 / 5)  # two empty and one of Dice 0.5 come after it
    none = ranking_quality({"score": [0.1, 0.2]}, [None, None])
    assert none["all"]["score"] == {"auroc": None, "average_precision": None, "spearman": None}
    assert none["foreground"]["slices"] == 0
