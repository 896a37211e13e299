"""A held-out case as the audit sees it: on the grid of its given mask, and in the plane it was cut in."""

import numpy as np
import pytest

from l2b_seg.audit.judges.networks import look_at
from l2b_seg.audit.outlook import through_plane_mean
from l2b_seg.audit.review.proposals import proposal_path, write_proposal
from l2b_seg.prediction.trained_run import open_run
from tests.l2b_data.images.in_unit import assert_same_header, rewrite_in
from tests.l2b_seg.saved_run import save_run
from tests.l2b_seg.tiny import NOISY, TRAIN, make_data


def test_proposals_are_in_the_masks_unit_and_distances_in_mm(tmp_path):
    data = make_data(tmp_path / "data")
    run = open_run(save_run(tmp_path / "run", data))
    given = data.dataset.label_path(TRAIN[0], NOISY)
    rewrite_in("micron", given, data.dataset.image_path(TRAIN[0]))
    seen = look_at([run.predictor], data.dataset, TRAIN[0], NOISY)
    write_proposal(tmp_path, seen, (0, 1))
    assert_same_header(proposal_path(tmp_path, TRAIN[0]), given)
    assert seen.grid.spacing_mm == pytest.approx((3.0, 0.5, 0.5))


def test_through_plane_mean_keeps_a_slice_and_the_sum():
    rng = np.random.default_rng(0)
    maps = rng.dirichlet(np.ones(3), (5, 4, 4)).transpose(3, 0, 1, 2)
    np.testing.assert_allclose(through_plane_mean(maps).sum(0), 1)
    np.testing.assert_allclose(through_plane_mean(maps[:, :1]), maps[:, :1])
