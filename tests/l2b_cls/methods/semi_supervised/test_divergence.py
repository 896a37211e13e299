import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from l2b_cls.methods.semi_supervised.divergence import class_balanced, label_divergence, selection_threshold


@pytest.mark.parametrize(("log_base", "base", "most"), [("e", math.e, math.log(2)), ("2", 2.0, 1.0)])
def test_the_divergence_is_jensen_and_shannons(log_base, base, most):
    draw = torch.Generator().manual_seed(0)
    p = torch.softmax(3 * torch.randn(30, 4, generator=draw, dtype=torch.float64), 1)
    labels = torch.randint(4, (30,), generator=draw)
    found = label_divergence(p, labels, log_base=log_base)
    expected = [jensenshannon(row, np.eye(4)[label], base) ** 2 for row, label in zip(p, labels, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert found.min() >= 0
    assert found.max() <= most
    worst = label_divergence(torch.tensor([[0.0, 1.0]], dtype=torch.float64), torch.tensor([0]), log_base=log_base)
    assert float(worst[0]) == pytest.approx(most, abs=1e-6)


def test_the_threshold_moves_only_above_the_high_one():
    divergence = np.array([0.2, 0.6, 1.0])
    assert selection_threshold(divergence, high=0.7, divisor=5) == pytest.approx(0.6)
    assert selection_threshold(divergence, high=0.5, divisor=5) == pytest.approx(0.6 - 0.4 / 5)


def test_of_every_class_as_many_and_of_a_short_one_all():
    """12 samples, 7 below the threshold: int(7 / 3) = 2 a class; the third class has one alone."""
    labels = np.array([0] * 6 + [1] * 5 + [2])
    divergence = np.array([0.5, 0.1, 0.2, 0.9, 0.3, 0.4, 0.1, 0.9, 0.3, 0.9, 0.9, 0.95])
    chosen = class_balanced(divergence, labels, 0.5, classes=3)
    assert np.flatnonzero(chosen).tolist() == [1, 2, 6, 8, 11]


def test_at_least_one_a_class():
    chosen = class_balanced(np.full(6, 0.5), np.array([0, 0, 0, 1, 1, 1]), 0.1, classes=3)
    assert np.flatnonzero(chosen).tolist() == [0, 3]
