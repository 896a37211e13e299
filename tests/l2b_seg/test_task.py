"""The task: losses, labels and probabilities of one class and of several."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from l2b import bootstrap_weights
from l2b_seg.task import Task, task_of
from tests.l2b_seg.tiny import make_settings

BINARY, THREE = Task(1, ("gland",)), Task(2, ("a", "b", "c"))


def logits_and_labels(task, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(4, task.outputs, 6, 5, generator=generator)
    return logits, torch.randint(0, len(task.classes) + 1, (4, 1, 6, 5), generator=generator).float()


def test_outputs():
    assert (BINARY.outputs, THREE.outputs) == (1, 4)


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_loss_is_minus_the_logarithm_of_the_labels_probability(task):
    logits, labels = logits_and_labels(task)
    chances = task.probabilities(logits)
    if task.binary:
        chances = torch.cat([1 - chances, chances], 1)
    torch.testing.assert_close(chances.sum(1), torch.ones(4, 6, 5))
    expected = -torch.log(chances.gather(1, labels.long()))[:, 0]
    loss = task.loss(logits, labels)
    assert loss.shape == (4, 6, 5)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_own_label_has_the_smallest_loss(task):
    logits, _ = logits_and_labels(task)
    own = task.hard_pseudo_label(logits)
    assert (own.shape, own.dtype) == ((4, 1, 6, 5), logits.dtype)
    every = torch.stack([task.loss(logits, torch.full_like(own, k)) for k in range(len(task.classes) + 1)])
    torch.testing.assert_close(task.loss(logits, own), every.amin(0))
    assert task.hard_label(task.probabilities(logits)).equal(own)
    found = task.label_map(task.probabilities(logits).transpose(0, 1).numpy())
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, own[:, 0].numpy())


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_where_nothing_is_known_is_background(task):
    assert not task.hard_label(torch.zeros(1, task.outputs, 2, 2)).any()
    assert not task.label_map(np.zeros((task.outputs, 1, 2, 2), np.float32)).any()


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_mixed_loss_is_the_mixture_of_losses(task):
    logits, first = logits_and_labels(task)
    second = first.roll(1, 3)
    expected = 0.3 * task.loss(logits, first) + 0.7 * task.loss(logits, second)
    torch.testing.assert_close(task.mixed_loss(logits, first, second, 0.3), expected)


def test_weights_of_several_classes_by_both_modes():
    """alpha and beta by forward-mode differentiation of the cross-entropy, and by finite differences."""
    torch.manual_seed(0)
    model = torch.nn.Conv2d(2, THREE.outputs, 3, padding=1).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, x_meta = torch.randn(3, 2, 6, 5).double(), torch.randn(3, 2, 6, 5).double()
    (_, y), (_, y_meta) = logits_and_labels(THREE, 1), logits_and_labels(THREE, 2)
    batch, meta_batch = (x, y[:3].double()), (x_meta, y_meta[:3].double())
    exact, fast = (
        bootstrap_weights(
            model,
            optimizer,
            batch,
            meta_batch,
            loss=THREE.loss,
            pseudo_label=THREE.hard_pseudo_label,
            normalize=None,
            mode=mode,
        )
        for mode in ("exact", "fast")
    )
    assert exact.shape == (2, 3, 6, 5)
    torch.testing.assert_close(fast, exact, rtol=1e-3, atol=1e-6)
    # minus the derivative of the clean loss, after the step, by the weight of one pixel's given label
    weight = torch.zeros(3, 6, 5, dtype=torch.double, requires_grad=True)
    losses = THREE.loss(model(x), batch[1])
    grads = torch.autograd.grad((weight * losses).sum(), list(model.parameters()), create_graph=True)
    stepped = [parameter - 0.1 * grad for parameter, grad in zip(model.parameters(), grads, strict=True)]
    clean = THREE.loss(functional.conv2d(x_meta, *stepped, padding=1), meta_batch[1]).mean()
    (slope,) = torch.autograd.grad(clean, weight)
    torch.testing.assert_close(exact[0], -slope)


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_dice_ce_is_monais(task):
    from monai.losses import DiceCELoss

    logits, labels = logits_and_labels(task)
    several = not task.binary
    monai = DiceCELoss(
        include_background=task.binary, sigmoid=task.binary, softmax=several, to_onehot_y=several, batch=True
    )
    found = replace(task, dice=True).teaching_loss(logits, labels)
    assert found.shape == (4, 6, 5)
    torch.testing.assert_close(found.mean(), monai(logits, labels))
    assert task.teaching_loss(logits, labels).equal(task.loss(logits, labels))


@pytest.mark.parametrize("task", [BINARY, THREE])
def test_class_weights_weigh_the_pixels_of_a_label(task):
    logits, labels = logits_and_labels(task)
    weights = tuple(float(2**label) for label in range(len(task.classes) + 1))
    found = replace(task, class_weights=weights).teaching_loss(logits, labels)
    torch.testing.assert_close(found, task.loss(logits, labels) * 2 ** labels[:, 0])


def test_settings_choose_the_loss_of_plain_and_clean_steps():
    chosen = task_of(make_settings(loss="dice_ce", class_weights=[1.0, 3.0]))
    assert (chosen.dice, chosen.class_weights) == (True, (1.0, 3.0))
    plain = task_of(make_settings())
    assert (plain.dice, plain.class_weights) == (False, ())
