"""AUROC and average precision, where they are defined; flags by hand."""

import numpy as np
import pytest

from l2b_run.audit.quality import detection_quality, flag_quality


def test_wrong_first():
    found = detection_quality(np.array([0.9, 0.2, 0.8, 0.1]), np.array([True, False, False, True]))
    assert found == {"auroc": 0.5, "average_precision": pytest.approx((1 + 2 / 4) / 2)}


@pytest.mark.parametrize("wrong", [True, False])
def test_nothing_or_all_wrong(wrong):
    found = detection_quality(np.array([0.9, 0.2]), np.array([wrong, wrong]))
    assert found == {"auroc": None, "average_precision": None}


def test_flags_by_hand():
    wrong = np.array([True, False, True, False])
    found = flag_quality({"a": np.array([True, True, False, False]), "none": np.zeros(4, bool)}, wrong)
    assert found["a"] == {"flagged": 2, "precision": 0.5, "recall": 0.5}
    assert found["none"] == {"flagged": 0, "precision": None, "recall": 0.0}
    assert flag_quality({"a": wrong}, np.zeros(4, bool))["a"]["recall"] is None
