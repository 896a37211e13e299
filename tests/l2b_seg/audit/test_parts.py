"""Score, truth and baselines, each alone."""

import numpy as np
import pytest

from l2b_data.images.volume import Volume
from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.outlook import Outlook, through_plane_mean
from l2b_seg.audit.page import in_words
from l2b_seg.audit.regions import regions_of
from l2b_seg.audit.score import DRAWN, OUTLINE, suspicion
from l2b_seg.audit.truth import ranking_quality, slice_dice


def disc(radius, centre=(16, 16), size=32):
    rows, columns = np.ogrid[:size, :size]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def test_suspicion():
    organ = disc(8)
    usual = organ.mean()
    sure = np.stack([0.9 * organ, np.zeros(organ.shape), 0.3 * organ, 0.9 * organ])
    given = np.stack([organ, np.zeros_like(organ), np.zeros_like(organ), np.roll(organ, 8, axis=0)])
    found = suspicion(given, sure, usual)
    assert found.score[0] == pytest.approx(1 - 0.9 * OUTLINE)
    assert found.agreement[0] == 1
    assert found.presence[1:3] == pytest.approx(0.9)  # a gap of two slices between sure ones
    assert found.score[1] == found.presence[1]
    assert found.score[3] == pytest.approx(1 - 0.9 * found.agreement[3] * OUTLINE)
    assert found.score[3] > 0.5
    assert ((found.score >= 0) & (found.score <= 1)).all()


def test_suspicion_fills_gaps_of_two_slices_and_no_ends():
    organ = disc(8)
    drawn = np.array([0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0])
    nothing = np.zeros((len(drawn), *organ.shape))
    found = suspicion(drawn[:, None, None] * organ > 0, nothing, organ.mean())
    assert found.presence.tolist() == [0, 0, *[DRAWN] * 4, 0, 0, 0, DRAWN, 0]
    empty = suspicion(np.zeros((1, 32, 32), bool), np.zeros((1, 32, 32)), 0.0)
    assert (empty.score[0], empty.presence[0]) == (0, 0)


def test_a_mask_that_agrees_is_less_suspicious_than_an_empty_one_only_where_the_organ_is_surely_absent():
    organ = disc(8)
    seen = np.stack([organ * 1.0, 0.3 * organ, 0.05 * organ])
    score = suspicion(np.stack([organ, 0 * organ, 0 * organ]) > 0, seen, organ.mean()).score
    assert score[2] < score[0] < score[1]


def test_a_sure_network_that_draws_a_larger_organ_does_not_make_it_more_suspicious():
    """The mean loss does: it counts the pixels of a border."""
    scores, losses = [], []
    for radius in (4, 8, 12):
        organ, given = disc(radius), disc(radius, (16, 15))
        probability = np.where(organ, 0.95, 0.05)
        scores.append(suspicion(given[None], probability[None], organ.mean()).score[0])
        losses.append(-np.log(np.where(given, probability, 1 - probability)).mean())
    assert scores == sorted(scores, reverse=True)
    assert losses == sorted(losses)


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
    usual = [float(disc(5).mean())] * 2
    rows = slice_rows(seen, usual, 1, (1, 2))
    assert rows[0]["score"] == pytest.approx(1 - 0.9 * OUTLINE)
    assert rows[1]["score"] > 0.5
    left = slice_rows(seen, usual, 1, (1,))  # nobody can judge class 2
    assert left[1]["score"] == pytest.approx(0.9)
    assert left[0]["score"] == pytest.approx(1 - 0.9 * OUTLINE)
    assert [row["fold"] for row in rows] == [1, 1]
    found = regions_of(seen, usual[0], ("liver", "spleen"))
    assert [(row["slice"], row["kind"], row["given"], row["proposed"]) for row in found] == [
        (1, "other class", "spleen", "liver")
    ]
    assert found[0]["pixels"] == int(disc(5).sum())
    assert found[0]["confidence"] == pytest.approx(0.9)
    case = case_row(seen, rows, 1)
    assert (case["worst_slice"], case["slices"], case["suspect_slices"]) == (1, 2, 1)


def test_words():
    row = {"state": "ok", "presence": 0.9, "dice": 0.31, "hd": 12.25, "given_area": 100.0, "proposal_area": 250.0}
    said = in_words(row, "mm", "gland")
    assert said == (
        "Mask and proposal agree by Dice 0.31; their borders are up to 12.2 mm apart. "
        "The proposal is 2.5 times as large as the mask."
    )
    assert "900 pixels" in in_words(row | {"state": "no mask", "proposal_area": 900.0}, "voxel", "gland")
    assert "9.0 cm²" in in_words(row | {"state": "no proposal", "given_area": 900.0}, "mm", "gland")
    assert "gland is 90% likely" in in_words(row | {"state": "both empty"}, "mm", "gland")
