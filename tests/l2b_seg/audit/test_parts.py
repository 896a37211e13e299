"""Evidence, regions and truth, each alone."""

import numpy as np
import pytest

from l2b_data.images.volume import Volume
from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.outlook import Outlook, through_plane_mean
from l2b_seg.audit.regions import regions_of
from l2b_seg.audit.truth import ranking_quality, slice_dice


def disc(radius, centre=(16, 16), size=32):
    rows, columns = np.ogrid[:size, :size]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def test_through_plane_mean_keeps_a_slice_and_the_sum():
    rng = np.random.default_rng(0)
    maps = rng.dirichlet(np.ones(3), (5, 4, 4)).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(through_plane_mean(maps).sum(0), 1)
    np.testing.assert_allclose(through_plane_mean(maps[:, :1]), maps[:, :1])


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


def two_classes():
    """Two slices; in the second the mask calls class 2 what the network calls class 1."""
    left, right = disc(5, (16, 8)), disc(5, (16, 24))
    probability = np.zeros((3, 2, 32, 32), np.float32)
    probability[1, :, left] = probability[2, :, right] = 0.9
    probability[0] = 1 - probability[1:].sum(0)
    given = np.zeros((2, 32, 32), np.uint8)
    given[:, left], given[:, right] = 1, 2
    given[1, left] = 2
    return Outlook(
        case="a",
        grid=Volume(given),
        cut=Volume(given).cut(),
        given=given,
        probability=probability,
        smoothed=probability,
        proposal=probability.argmax(0).astype(np.uint8),
        spacing=(1.0, 1.0, 1.0),
    )


def test_several_classes():
    seen = two_classes()
    rows = slice_rows(seen, 1)
    assert [(row["dice"], row["state"], row["fold"]) for row in rows] == [(1, "ok", 1)] * 2
    assert rows[0]["disagreement"] == 0
    assert rows[1]["disagreement"] == pytest.approx(0.9 / 2)  # half of the pixels, each with 0.9 - 0
    found = regions_of(seen, float(disc(5).mean()), ("liver", "spleen"))
    assert [(row["slice"], row["kind"], row["given"], row["proposed"]) for row in found] == [
        (1, "other class", "spleen", "liver")
    ]
    assert found[0]["pixels"] == int(disc(5).sum())
    assert found[0]["confidence"] == pytest.approx(0.9)
    case = case_row(seen, 0.2, 1)
    assert (case["slices"], case["dice"], case["disagreement"], case["diagnosis"]) == (2, 1, 0.2, None)
