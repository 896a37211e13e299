import numpy as np
import pytest

from l2b_cls.sample_log.split_quality import split_quality
from l2b_run.methods.split import Split


def test_purity_and_auc_by_hand():
    """Labels 0, 1, 2 are right, 3 is wrong, 4 is not known."""
    given, clean = np.array([0, 1, 0, 1, 0]), np.array([0, 1, 0, 0, -1])
    split = Split(np.array([0.9, 0.8, 0.1, 0.5, 1.0]), np.array([0, 1, 3, 4]), np.array([2]), {"threshold": 0.4})
    row = split_quality([split, split], given, clean)
    assert row["split_labelled"] == 0.8
    assert row["split_purity"] == pytest.approx(2 / 3)
    assert row["split_auc"] == pytest.approx(2 / 3)
    assert row["splits"][1]["threshold"] == 0.4


def test_nothing_known_is_no_number():
    split = Split(np.array([0.9, 0.1]), np.array([0]), np.array([1]))
    row = split_quality([split], np.array([0, 1]), np.array([-1, -1]))
    assert set(row) == {"split_labelled", "splits"}
    assert row["splits"][0]["purity"] is row["splits"][0]["auc"] is None
    assert split_quality([], np.zeros(0), np.zeros(0)) == {}
