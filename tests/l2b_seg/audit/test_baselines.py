"""The simple ways to rank masks, of slices and cases."""

import numpy as np
import pytest

from l2b_seg.audit.baselines import add_baselines, losses_of, soft_minimum
from l2b_seg.audit.evidence import case_row, slice_rows
from l2b_seg.audit.outlook import probability_of
from tests.l2b_seg.audit.test_evidence import disc, two_classes


def of_given():
    seen = two_classes()
    return probability_of(seen.probability, seen.given)


def test_mean_loss():
    losses = losses_of(of_given())
    assert losses[1] > losses[0] > 0
    assert losses[0] == pytest.approx(-np.log(0.9) * 2 * disc(5).mean(), rel=1e-3)


def test_probability_of_given_labels_of_one_class():
    maps = np.array([0.25, 0.75], np.float32).reshape(1, 1, 1, 2)
    assert probability_of(maps, np.array([[[1, 0]]])).tolist() == [[[0.25, 0.25]]]


def test_soft_minimum_is_that_of_cleanlab():
    rank = pytest.importorskip("cleanlab.segmentation.rank")
    seen = two_classes()
    slices, case = soft_minimum(of_given())

    def quality(labels, maps):
        return rank.get_label_quality_scores(labels.astype(int), maps, verbose=False)[0]

    np.testing.assert_allclose(slices, 1 - quality(seen.given, seen.probability.swapaxes(0, 1)), rtol=1e-5)
    as_one_image = seen.probability.reshape(1, 3, -1, 32)
    np.testing.assert_allclose(case, 1 - quality(seen.given.reshape(1, -1, 32), as_one_image)[0], rtol=1e-5)
    assert slices[1] > case > 0.9 > slices[0]


def test_rows_of_slices_and_case_have_them():
    seen = two_classes()
    slices = slice_rows(seen, None, [0.1] * max(1, len(seen.probability) - 1), range(1, max(2, len(seen.probability))))
    case = case_row(seen, 0.2, None)
    add_baselines(seen, case, slices)
    assert case["one_minus_dice"] == 1 - case["dice"]
    assert case["loss"] == pytest.approx(np.mean([row["loss"] for row in slices]))
    assert [set(row) >= {"one_minus_dice", "loss", "soft_min", "hd95"} for row in (case, *slices)] == [True] * 3
