"""AUROC and average precision, where they are defined."""

import numpy as np
import pytest

from l2b_run.audit.quality import detection_quality


def test_wrong_first():
    found = detection_quality(np.array([0.9, 0.2, 0.8, 0.1]), np.array([True, False, False, True]))
    assert found == {"auroc": 0.5, "average_precision": pytest.approx((1 + 2 / 4) / 2)}


@pytest.mark.parametrize("wrong", [True, False])
def test_nothing_or_all_wrong(wrong):
    found = detection_quality(np.array([0.9, 0.2]), np.array([wrong, wrong]))
    assert found == {"auroc": None, "average_precision": None}
