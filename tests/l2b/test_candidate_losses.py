"""The losses under given label and pseudo-label."""

import pytest
import torch
from torch.autograd import forward_ad

from l2b import BatchError, candidate_losses
from l2b.candidate_losses import asked_once, of_primal
from tests.l2b.problems import cross_entropy, foreground, pixel_bce, top_class


def test_rows_are_given_and_pseudo_with_graph():
    logits = torch.randn(5, 3, requires_grad=True)
    y = torch.randint(3, (5,))
    losses = candidate_losses(logits, y, cross_entropy, top_class)
    assert losses.shape == (2, 5)
    assert torch.equal(losses[0], cross_entropy(logits, y))
    assert torch.equal(losses[1], cross_entropy(logits, logits.argmax(1)))
    assert losses.requires_grad


def test_pixels_and_given_only():
    logits, y = torch.randn(2, 1, 4, 6), torch.randint(2, (2, 1, 4, 6)).float()
    assert candidate_losses(logits, y, pixel_bce, foreground).shape == (2, 2, 4, 6)
    assert candidate_losses(logits, y, pixel_bce).shape == (1, 2, 4, 6)


def test_pseudo_label_is_a_constant():
    def soft(logits):
        assert not logits.requires_grad
        return logits.softmax(1)

    logits = torch.randn(5, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(candidate_losses(logits, logits.argmax(1), cross_entropy, soft)[1].sum(), logits)
    assert torch.allclose(gradient, torch.zeros_like(gradient), atol=1e-6)  # softmax minus softmax


def test_pseudo_label_is_a_constant_in_forward_mode():
    with forward_ad.dual_level():
        logits = forward_ad.make_dual(torch.randn(5, 3), torch.randn(5, 3))
        label = of_primal(lambda logits: logits.softmax(1))(logits)
        assert forward_ad.unpack_dual(label).tangent is None
    assert of_primal(None) is None


@pytest.mark.parametrize(
    "loss",
    [
        lambda logits, y: cross_entropy(logits, y).mean(),
        lambda logits, y: cross_entropy(logits, y)[:-1],
        lambda logits, y: cross_entropy(logits, y) if y.dtype == torch.int64 else logits,
    ],
)
def test_loss_of_another_shape_is_refused(loss):
    logits = torch.randn(5, 3)
    with pytest.raises(BatchError, match=r"one value an element.*reduction='none'"):
        candidate_losses(logits, torch.zeros(5, dtype=torch.int64), loss, lambda logits: logits)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.uint16, torch.int64])
def test_integer_labels_of_any_width_are_the_same_labels(dtype):
    logits, y = torch.randn(5, 3, 4, 4), torch.randint(3, (5, 4, 4))
    wide = candidate_losses(logits, y, cross_entropy, top_class)
    found = candidate_losses(logits, y.to(dtype), cross_entropy, lambda logits: top_class(logits).to(dtype))
    assert torch.equal(found, wide)


@pytest.mark.parametrize("dtype", [torch.bool, torch.float32, torch.float64])
def test_other_targets_reach_the_loss_as_they_are(dtype):
    met = []
    candidate_losses(torch.randn(5, 3), torch.zeros(5, dtype=dtype), lambda logits, y: met.append(y) or logits[:, 0])
    assert met[0].dtype == dtype


def test_a_pseudo_label_may_be_a_tensor():
    logits, y, own = torch.randn(5, 3), torch.randint(3, (5,)), torch.randint(3, (5,), dtype=torch.int32)
    found = candidate_losses(logits, y, cross_entropy, own)
    assert torch.equal(found, candidate_losses(logits, y, cross_entropy, lambda logits: own))
    assert of_primal(own) is own
    assert asked_once(own) is own


@pytest.mark.parametrize(
    "own", [torch.zeros(4, dtype=torch.int64), torch.tensor(0), lambda logits: [0] * 5], ids=["shorter", "one", "list"]
)
def test_a_pseudo_label_of_another_form_is_refused(own):
    with pytest.raises(BatchError, match=r"pseudo-label .* must be a target, \(B, \*\)"):
        candidate_losses(torch.randn(5, 3), torch.zeros(5, dtype=torch.int64), cross_entropy, own)
