"""S-model: its loss, where its transition starts and what it learns, and that the network alone predicts."""

import pytest
import torch

from l2b_cls.losses import given_label_loss
from l2b_cls.methods.s_model import first_transition
from tests.l2b_cls.synthetic import CLASSES, make_settings, training_for
from tests.tasks import same_weights, weights_of


def transition(run):
    return run.state.memory.log.detach().exp()


def trained(run, epochs):
    for epoch in epochs:
        run.method.before_epoch(run, epoch)
        run.state.model.train()
        for step in range(run.batches.steps):
            run.method.step(run, epoch, step)
    return run


def test_the_loss_is_how_unlikely_the_given_labels_are():
    torch.manual_seed(0)
    logits, labels = torch.randn(4, 3, dtype=torch.float64), torch.tensor([0, 2, 1, 1])
    t = torch.softmax(torch.randn(3, 3, dtype=torch.float64), 1)
    p = torch.softmax(logits, 1)
    expected = torch.stack([-(p[b] * t[:, labels[b]]).sum().log() for b in range(4)])
    torch.testing.assert_close(given_label_loss(logits, labels, t.log()), expected)
    run = training_for(make_settings("s-model"))
    drawn, start = run.batches.given(0, 1), transition(run)
    p = torch.softmax(run.state.model(drawn.images).detach(), 1)
    of_batch = -(p @ start)[torch.arange(16), drawn.target].log().mean()
    assert run.method.step(run, 0, 1).loss == pytest.approx(float(of_batch), rel=1e-5)


def test_without_a_warm_up_the_transition_starts_near_the_identity():
    start = transition(training_for(make_settings("s-model", s_model={"diagonal": 0.7})))
    torch.testing.assert_close(start, 0.7 * torch.eye(CLASSES) + 0.1, atol=1e-5, rtol=1e-5)


def test_its_start_of_predictions_and_given_labels_by_hand():
    p = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.4, 0.0]])
    found = first_transition(p, torch.tensor([0, 1, 1]))
    torch.testing.assert_close(found, torch.tensor([[0.9 / 1.7, 0.8 / 1.7, 0], [0.1 / 1.3, 1.2 / 1.3, 0], [0, 0, 1]]))


def test_the_warm_up_is_plain_and_its_network_starts_the_transition():
    over = {"epochs": 4, "warm_up": 0.5, "average_decay": 0.5}
    run, plain = training_for(make_settings("s-model", **over)), training_for(make_settings("ce", **over))
    before = transition(run)
    trained(run, range(2))
    for epoch in range(2):
        for step in range(plain.batches.steps):
            plain.method.step(plain, epoch, step)
    assert same_weights(weights_of(run), weights_of(plain))
    assert transition(run).equal(before)
    run.method.before_epoch(run, 2)
    parts = [(run.state.averaged.eval()(images), labels) for images, labels, _ in run.batches.ordered("train", 32)]
    logits, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    expected = first_transition(torch.softmax(logits, 1), labels)
    torch.testing.assert_close(transition(run), expected, atol=1e-5, rtol=1e-4)


def test_it_learns_which_labels_were_made_of_which():
    """A fourth of the labels is the next class's: T[i, i + 1] grows beside the diagonal, T[i, i + 2] does not."""
    run = trained(training_for(make_settings("s-model", epochs=16, warm_up=0.25)), range(16))
    t = transition(run)
    torch.testing.assert_close(t.sum(1), torch.ones(CLASSES))
    assert (t > 0).all()
    following = t[torch.arange(CLASSES), (torch.arange(CLASSES) + 1) % CLASSES]
    assert float(following.min()) > 0.1
    assert float(following.max()) < 0.45
    assert float(t[torch.arange(CLASSES), (torch.arange(CLASSES) + 2) % CLASSES].max()) < 0.1


def test_weight_decay_leaves_the_transition_alone():
    run = training_for(make_settings("s-model"))
    before, network = run.state.memory.b.detach().clone(), weights_of(run)
    for parameter in (run.state.memory.b, *run.state.model.parameters()):
        parameter.grad = torch.zeros_like(parameter)
    run.state.optimizer.step()
    assert run.state.memory.b.equal(before)
    assert not same_weights(network, weights_of(run))


def test_the_network_predicts_without_the_transition():
    run, plain = training_for(make_settings("s-model")), training_for(make_settings("ce"))
    assert run.state.evaluated is run.state.model
    assert run.state.model.state_dict().keys() == plain.state.model.state_dict().keys()
