"""The losses a sample, against their formulas written out."""

import pytest
import torch

from l2b_cls import losses


@pytest.fixture
def case():
    torch.manual_seed(0)
    return torch.randn(5, 4, dtype=torch.float64, requires_grad=True), torch.tensor([0, 3, 1, 1, 2])


def distribution(labels):
    return torch.eye(4, dtype=torch.float64)[labels]


def gradient(loss, logits):
    return torch.autograd.grad(loss.sum(), logits)[0]


def test_cross_entropy_takes_labels_and_distributions(case):
    logits, y = case
    p = torch.softmax(logits, 1)
    torch.testing.assert_close(losses.cross_entropy(logits, y), -p[range(5), y].log())
    torch.testing.assert_close(losses.cross_entropy(logits, distribution(y)), losses.cross_entropy(logits, y))
    assert losses.cross_entropy(logits[:0], y[:0]).shape == (0,)


def test_mae_is_the_l1_distance_and_its_sum_over_classes_is_constant(case):
    logits, y = case
    p = torch.softmax(logits, 1)
    torch.testing.assert_close(losses.mae(logits, y), (p - distribution(y)).abs().sum(1))
    total = sum(losses.mae(logits, torch.full((5,), k)) for k in range(4))
    torch.testing.assert_close(total, torch.full((5,), 6.0, dtype=torch.float64))


def test_bootstrap_hard_mixes_two_labels(case):
    logits, y = case
    expected = 0.8 * losses.cross_entropy(logits, y) + 0.2 * losses.cross_entropy(logits, logits.argmax(1))
    torch.testing.assert_close(losses.bootstrap_hard(0.8)(logits, y), expected)
    torch.testing.assert_close(losses.bootstrap_hard(1.0)(logits, y), losses.cross_entropy(logits, y))


@pytest.mark.parametrize("detach", [False, True])
def test_bootstrap_soft_has_its_value_and_the_gradient_asked_for(case, detach):
    logits, y = case
    p = torch.softmax(logits, 1)
    target = 0.6 * distribution(y) + 0.4 * (p.detach() if detach else p)
    expected = -(target * p.log()).sum(1)
    found = losses.bootstrap_soft(0.6, detach_target=detach)(logits, y)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradient(found, logits), gradient(expected, logits))


def test_the_two_soft_forms_have_one_value_and_two_gradients(case):
    logits, y = case
    through, held = (losses.bootstrap_soft(0.6, detach_target=detach)(logits, y) for detach in (False, True))
    torch.testing.assert_close(through, held)
    assert not torch.allclose(gradient(through, logits), gradient(held, logits))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal(case, gamma):
    logits, y = case
    p = torch.softmax(logits, 1)[range(5), y]
    found = losses.focal(gamma)(logits, y)
    torch.testing.assert_close(found, -((1 - p) ** gamma) * p.log())
    torch.testing.assert_close(gradient(found, logits), gradient(-((1 - p) ** gamma) * p.log(), logits))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_a_certain_sample_is_finite(gamma):
    logits = torch.tensor([[80.0, 0.0], [0.0, 80.0]], requires_grad=True)
    found = losses.focal(gamma)(logits, torch.tensor([0, 0]))
    found.sum().backward()
    torch.testing.assert_close(found.detach(), torch.tensor([0.0, 80.0]))
    assert logits.grad.isfinite().all()


def test_the_mixed_target_has_mixups_loss(case):
    logits, y = case
    other = y.flip(0)
    mixed = losses.mixed_target(y, other, 0.3, 4)
    assert mixed.shape == (5, 4)
    expected = 0.3 * losses.cross_entropy(logits, y) + 0.7 * losses.cross_entropy(logits, other)
    torch.testing.assert_close(losses.cross_entropy(logits, mixed.double()), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_label_smoothing_spreads_a_share_of_the_target(case, smoothing):
    logits, y = case
    spread = (1 - smoothing) * distribution(y) + smoothing / 4
    for target in (y, distribution(y)):
        found = losses.cross_entropy(logits, target, smoothing=smoothing)
        torch.testing.assert_close(found, losses.cross_entropy(logits, spread))
