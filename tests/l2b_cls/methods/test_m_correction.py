"""M-correction: its warm-up, whose label it doubts, and its loss."""

import math

import pytest
import torch

from l2b_cls.methods.m_correction import corrected_target
from l2b_cls.methods.semi_supervised.mixed_loss import class_penalty
from l2b_run.methods.beta_mixture import wrong_posterior
from l2b_run.methods.mixup import drawn_pairs
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings, training_for
from tests.tasks import same_weights, weights_of


def after_warm_up(epochs=4, **over):
    run = training_for(make_settings("m-correction", epochs=2 * epochs, warm_up=0.5, **over))
    for epoch in range(epochs):
        run.method.before_epoch(run, epoch)
        run.state.model.train()
        for step in range(run.batches.steps):
            run.method.step(run, epoch, step)
            run.state.average(run.settings.average_decay)
    run.method.before_epoch(run, epochs)
    run.state.model.train()
    return run


def test_the_target_leans_on_the_own_label_where_the_given_one_is_doubted():
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    found = corrected_target(logits, torch.tensor([0, 0]), torch.tensor([0.7, 0.2]))
    torch.testing.assert_close(found, torch.tensor([[0.3, 0.7, 0.0], [1.0, 0.0, 0.0]]))


def test_the_term_that_keeps_every_class():
    uniform, skewed = torch.zeros(4, 2), torch.tensor([[math.log(8.0), math.log(2.0)]] * 3)
    assert float(class_penalty(uniform)) == pytest.approx(0, abs=1e-6)
    assert float(class_penalty(skewed)) == pytest.approx(0.5 * math.log(0.5 / 0.8) + 0.5 * math.log(0.5 / 0.2))


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_the_loss_of_a_step_pair_by_pair(weight):
    run = after_warm_up(m_correction={"class_penalty": weight, "mixup_alpha": 2.0})
    images, given, position = run.batches.given(4, 1)
    keep, order = drawn_pairs(run.batches, 4, 1, 16, 2.0)
    with torch.no_grad():
        own = run.state.model(images).argmax(1)
        logs = torch.log_softmax(run.state.model(keep * images + (1 - keep) * images[order]), 1)
    wrong = run.state.memory.posterior[position]
    total = 0.0
    for a, b in enumerate(order.tolist()):
        for share, one in ((keep, a), (1 - keep, b)):
            total -= share * (1 - wrong[one]) * logs[a, given[one]]
            total -= share * wrong[one] * logs[a, own[one]]
    mean = logs.exp().mean(0)
    expected = total / 16 + weight * sum(1 / 3 * math.log(1 / 3 / float(p)) for p in mean)
    assert 0 < keep < 1
    assert run.method.step(run, 4, 1).loss == pytest.approx(float(expected), rel=1e-4)


def test_it_doubts_the_labels_that_are_wrong():
    run = after_warm_up(epochs=16)
    wrong = torch.from_numpy(given_labels() != image_set().labels[:TRAIN])
    posterior = run.state.memory.posterior
    assert posterior.shape == (TRAIN,)
    assert posterior[wrong].mean() > 0.8
    assert posterior[~wrong].mean() < 0.2


def test_the_mixture_is_of_the_losses_of_the_network_that_predicts():
    run = after_warm_up(average_decay=0.5)
    parts = [(run.state.averaged.eval()(images), labels) for images, labels, _ in run.batches.ordered("train", 32)]
    logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    losses = torch.nn.functional.cross_entropy(logits.double(), labels, reduction="none")
    expected = torch.from_numpy(wrong_posterior(losses.detach().numpy())).float()
    torch.testing.assert_close(run.state.memory.posterior, expected, atol=1e-3, rtol=1e-3)


def test_only_an_epochs_own_samples_are_asked():
    run = after_warm_up(data={"balanced_epoch": 48})
    asked = torch.zeros(TRAIN, dtype=torch.bool)
    asked[torch.from_numpy(run.batches.epoch_positions(4))] = True
    posterior = run.state.memory.posterior
    assert (posterior[asked] > 0).all()
    assert (posterior[~asked] == 0).all()


@pytest.mark.parametrize(("warm_up", "epoch", "plain"), [(0.0, 0, True), (0.0, 1, False), (0.5, 1, True)])
def test_the_warm_up_is_mixup_and_never_shorter_than_an_epoch(warm_up, epoch, plain):
    run = training_for(make_settings("m-correction", warm_up=warm_up, m_correction={"mixup_alpha": 2.0}))
    mixup = training_for(make_settings("mixup", losses={"mixup_alpha": 2.0}))
    run.method.before_epoch(run, epoch)
    run.state.model.train()
    for each in (run, mixup):
        each.method.step(each, epoch, 0)
    assert same_weights(weights_of(run), weights_of(mixup)) == plain
