import math

import pytest
import torch

from l2b_cls.methods.semi_supervised.mixed_loss import class_penalty, mixed_loss, negative_entropy


def test_a_case_by_hand():
    """Two labelled and two unlabelled rows of two classes."""
    p = torch.tensor([[0.5, 0.5], [0.8, 0.2], [0.6, 0.4], [0.9, 0.1]], dtype=torch.float64)
    targets = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.2, 0.8], [1.0, 0.0]], dtype=torch.float64)
    labelled = (-math.log(0.5) + -(0.5 * math.log(0.8) + 0.5 * math.log(0.2))) / 2
    squared = (0.4**2 + 0.4**2 + 0.1**2 + 0.1**2) / 4
    mean = (0.7, 0.3)
    penalty = sum(0.5 * math.log(0.5 / share) for share in mean)
    assert float(mixed_loss(p.log(), targets, 2, 25.0)) == pytest.approx(labelled + 25 * squared + penalty)
    assert float(mixed_loss(p.log(), targets, 2, 0.0)) == pytest.approx(labelled + penalty)


def test_without_unlabelled_rows_there_is_no_squared_error():
    logits, targets = torch.zeros(3, 4), torch.eye(4)[:3]
    assert float(mixed_loss(logits, targets, 3, 1e6)) == pytest.approx(math.log(4))


@pytest.mark.parametrize("seed", range(5))
def test_the_penalty_is_never_negative_and_zero_for_even_classes(seed):
    assert float(class_penalty(torch.randn(9, 5, generator=torch.Generator().manual_seed(seed)))) > 0
    assert float(class_penalty(torch.eye(4) * 7)) == pytest.approx(0, abs=1e-6)


def test_negative_entropy():
    assert float(negative_entropy(torch.zeros(3, 4))) == pytest.approx(-math.log(4))
    assert float(negative_entropy(torch.eye(4) * 100)) == pytest.approx(0, abs=1e-6)
