"""Gold Loss Correction: its loss and its matrix."""

import torch

from l2b_cls.losses import cross_entropy
from l2b_cls.methods.glc import glc_loss


def test_the_corrected_loss_is_its_formula():
    torch.manual_seed(0)
    logits = torch.randn(6, 3, dtype=torch.float64, requires_grad=True)
    silver, gold = torch.tensor([0, 2, 1, 1]), torch.tensor([2, 0])
    correction = torch.softmax(torch.randn(3, 3, dtype=torch.float64), 1)
    found = glc_loss(logits, silver, gold, correction)
    p = torch.softmax(logits, 1)
    expected = [-(p[s] * correction[:, silver[s]]).sum().log() for s in range(4)]
    expected += [-p[4 + g, gold[g]].log() for g in range(2)]
    torch.testing.assert_close(found, torch.stack(expected))


def test_without_noise_it_is_the_cross_entropy():
    torch.manual_seed(0)
    logits, labels = torch.randn(5, 3, requires_grad=True), torch.tensor([0, 1, 2, 1, 0])
    found = glc_loss(logits, labels[:4], labels[4:], torch.eye(3))
    torch.testing.assert_close(found, cross_entropy(logits, labels), atol=1e-5, rtol=1e-5)
    found.sum().backward()
    assert logits.grad.isfinite().all()
