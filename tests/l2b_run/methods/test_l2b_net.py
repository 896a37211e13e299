"""l2b-net: what its net sees of an element, whose pseudo-labels it weighs, and when it learns."""

import copy

import pytest
import torch

from l2b_run.methods import reweight
from l2b_run.methods.l2b_net import features
from tests.tasks import EACH_TASK, SEG


@pytest.fixture
def taken(monkeypatch):
    """(arguments, what it returned) of every engine step."""
    seen, real = [], reweight.train_step
    monkeypatch.setattr(reweight, "train_step", lambda *a, **k: seen.append((a, k, done := real(*a, **k))) or done)
    return seen


@EACH_TASK
def test_features_are_the_losses_of_both_labels_and_how_common_they_are(task):
    run = task.training(task.settings("l2b-net"))
    drawn = run.batches.given(0, 0)
    logits = 99 * run.state.model.eval()(drawn.images).detach()
    pseudo = run.task.hard_pseudo_label(logits)
    found = features(run.task, logits, drawn.target, pseudo)
    given, own = run.task.loss(logits, drawn.target), run.task.loss(logits, pseudo)
    assert found.shape == (*given.shape, 4)
    torch.testing.assert_close(found[..., :2], torch.stack([given.clamp_max(5), own.clamp_max(5)], -1))
    assert given.max() > 5
    for column, label in ((2, drawn.target), (3, pseudo)):
        wanted = torch.stack([(label == one).float().mean() for one in label.flatten()])
        torch.testing.assert_close(found[..., column].flatten(), wanted)


@EACH_TASK
@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_pseudo_labels_are_those_of_the_network_that_predicts(task, decay, taken):
    run = task.training(task.settings("l2b-net", average_decay=decay, bootstrap={"pseudo_label": "own"}))
    for layer in (run.state.model, *([run.state.averaged] if decay else [])):
        torch.manual_seed(3 if layer is run.state.model else 4)
        for parameter in layer.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
    looking = copy.deepcopy(run.state.evaluated).eval()
    run.method.step(run, 0, 0)
    images = taken[0][0][2][0]
    label = taken[0][1]["pseudo_label"]
    assert label.equal(run.task.hard_pseudo_label(looking(images)))
    assert run.state.model.training


@EACH_TASK
def test_nothing_is_learnt_or_weighed_in_the_warm_up(task, taken):
    run = task.training(task.settings("l2b-net", epochs=8, warm_up=0.25))
    net = run.state.memory.net
    start = copy.deepcopy(net.state_dict())
    moved, weighed = [], []
    for epoch in (1, 2):
        run.method.step(run, epoch, 0)
        moved.append(any(not value.equal(start[name]) for name, value in net.state_dict().items()))
        weighed.append(bool(taken[-1][2].weights[1].any()))
    assert moved == weighed == [False, True]


def test_five_views_share_the_mean_of_their_pseudo_labels(taken):
    run = SEG.training(SEG.settings("l2b-net", batch_size=2, bootstrap={"pseudo_label": "views"}))
    report = run.method.step(run, 0, 1)
    assert 0 < report.beta_share < 1
    _, _, batch, meta_batch = taken[0][0]
    assert (len(batch[0]), len(meta_batch[0])) == (10, 15)
