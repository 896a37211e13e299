"""Each method's step: what it sees, its formula, and finite numbers on tiny data."""

import copy
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from l2b_seg.training import new_state

from l2b_run.settings.normalizer import normalizer_of
from l2b_seg.methods import table as methods
from l2b_seg.methods.table import METHODS, beta_share, teacher_pseudo_label
from l2b_seg.task import Task
from tests.l2b_seg.tiny import CPU, make_feed, make_settings

BINARY = Task(1, ("gland",))


@pytest.fixture
def batches(monkeypatch):
    """Every (image, mask) that `plain_step` is given, as the real step goes on with it."""
    seen, real = [], methods.plain_step

    def spy(state, settings, image, mask):
        seen.append((image, mask))
        return real(state, settings, image, mask)

    monkeypatch.setattr(methods, "plain_step", spy)
    return seen


def weights_of(state):
    return {name: value.clone() for name, value in state.model.state_dict().items()}


def stepped(data, settings, method=None, epoch=0):
    state = new_state(settings, CPU)
    state.model.train()
    report = METHODS[method or settings.method].step(state, make_feed(data, settings), settings, epoch, 1)
    return weights_of(state), report


def test_table_has_every_method():
    assert set(METHODS) == {"unetpp", "meta", "joint", "finetune", "nl", "mixup", "l2b"}
    assert {name for name, method in METHODS.items() if not method.clean_cases} == {"unetpp", "mixup"}


@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_finite_and_moves_the_network(data, method):
    settings = make_settings(method)
    start = weights_of(new_state(settings, CPU))
    after, report = stepped(data, settings)
    assert math.isfinite(report.loss)
    assert 0 < report.gradient_norm < float("inf")
    assert all(value.isfinite().all() for value in after.values())
    assert any(not value.equal(start[name]) for name, value in after.items() if name.endswith("weight"))
    assert (report.beta_share is not None) == (method in ("nl", "l2b"))


@pytest.mark.parametrize(
    "normalize", ["rectified", "softmax", "sigmoid", "rectified_sigmoid", "sum_to_one", "soft_choice", "soft_trust"]
)
@pytest.mark.parametrize("pseudo_label", ["own", "teacher", "views"])
def test_every_way_to_the_weights(data, normalize, pseudo_label):
    settings = make_settings(
        "l2b", average_decay=0.9, batch_size=2, bootstrap={"normalize": normalize, "pseudo_label": pseudo_label}
    )
    after, report = stepped(data, settings)
    assert math.isfinite(report.loss)
    assert 0 <= report.beta_share <= 1
    assert all(value.isfinite().all() for value in after.values())


def test_the_averaged_judge_is_fed_by_the_steps(data):
    settings = make_settings("l2b", bootstrap={"pseudo_label": "own", "judge_decay": 0.9})
    state, feed = new_state(settings, CPU), make_feed(data, settings)
    state.model.train()
    METHODS["l2b"].step(state, feed, settings, 0, 0)
    first = {name: value.clone() for name, value in state.judge.average.items()}
    METHODS["l2b"].step(state, feed, settings, 0, 1)
    assert first
    assert any(not state.judge.average[name].equal(value) for name, value in first.items())


def test_joint_fills_the_share_with_clean_slices(data, batches):
    settings = make_settings("joint", clean_share=0.33)
    stepped(data, settings)
    feed = make_feed(data, settings)
    (image, mask) = batches[0]
    assert len(image) == 6
    given, clean = feed.given(0, 1, 4), feed.clean(0, 1, 2)
    assert image.equal(torch.cat([given[0], clean[0]]))
    assert mask.equal(torch.cat([given[1], clean[1]]))
    batches.clear()
    stepped(data, make_settings("joint", clean_share=0.01))
    assert len(batches[0][0]) == 5


def test_mixup_is_its_formula(data):
    settings = make_settings("mixup", mixup_alpha=2.0)
    _, report = stepped(data, settings)
    feed = make_feed(data, settings)
    image, mask = feed.given(0, 1, 4)
    rng = feed.other_draws(0, 1)
    keep, order = rng.beta(2.0, 2.0), rng.permutation(4)
    assert 0 < keep < 1
    mixed = [torch.stack([keep * part[k] + (1 - keep) * part[order[k]] for k in range(4)]) for part in (image, mask)]
    logits = new_state(settings, CPU).model.train()(mixed[0])
    assert report.loss == pytest.approx(float(BINARY.loss(logits.detach(), mixed[1]).mean()), rel=1e-5)


def test_soft_targets_have_the_mixture_of_losses():
    logits, a, b = torch.randn(2, 1, 5, 5), torch.ones(2, 1, 5, 5), torch.zeros(2, 1, 5, 5)
    mixed = BINARY.mixed_loss(logits, a, b, 0.3)
    assert mixed.shape == (2, 5, 5)
    torch.testing.assert_close(mixed, 0.3 * BINARY.loss(logits, a) + 0.7 * BINARY.loss(logits, b))


def test_finetune_switches_to_the_clean_cases(data, batches):
    settings = make_settings("finetune", epochs=4, finetune={"share": 0.5, "lr": 0.01})
    feed = make_feed(data, settings)
    for epoch in range(4):
        batches.clear()
        stepped(data, settings, epoch=epoch)
        expected = feed.given(epoch, 1, 4) if epoch < 2 else feed.clean(epoch, 1, 4)
        assert batches[0][0].equal(expected[0])
        assert batches[0][1].equal(expected[1])


def test_unetpp_sees_given_and_meta_clean_masks(data, batches):
    settings = make_settings("unetpp")
    feed = make_feed(data, settings)
    stepped(data, settings)
    stepped(data, settings, "meta")
    assert batches[0][1].equal(feed.given(0, 1, 4)[1])
    assert batches[1][1].equal(feed.clean(0, 1, 4)[1])


def test_nl_weighs_the_given_label_alone(data, monkeypatch):
    seen, real = [], methods.train_step
    monkeypatch.setattr(methods, "train_step", lambda *a, **k: seen.append(done := real(*a, **k)) or done)
    _, report = stepped(data, make_settings("nl"))
    assert seen[0].weights.shape == (1, 4, 32, 32)
    assert report.beta_share == 0
    stepped(data, make_settings("l2b"))
    assert seen[1].weights.shape == (2, 4, 32, 32)


@pytest.mark.parametrize("method", ["nl", "l2b"])
def test_warm_up_is_plain_training(data, method):
    bootstrap = {"pseudo_label": "own", "supervised_meta_step": False}
    settings = make_settings(method, epochs=3, warm_up=0.7, bootstrap=bootstrap, clean_share=0.0)
    warm, report = stepped(data, settings, epoch=1)
    plain, plain_report = stepped(data, settings, "unetpp", epoch=1)
    assert report.beta_share == 0
    assert report.loss == pytest.approx(plain_report.loss, rel=1e-6)
    assert all(value.equal(plain[name]) for name, value in warm.items())
    after, _ = stepped(data, settings, epoch=2)
    plain, _ = stepped(data, settings, "unetpp", epoch=2)
    assert any(not value.equal(plain[name]) for name, value in after.items())


def test_teacher_is_the_averaged_network_in_eval_mode(data):
    settings = make_settings("l2b", average_decay=0.9)
    state, image = new_state(settings, CPU), torch.rand(3, 1, 32, 32)
    with torch.no_grad():
        for value in state.averaged.parameters():
            value.add_(0.05 * torch.randn_like(value))
    before = copy.deepcopy(state.averaged.state_dict())
    found = teacher_pseudo_label(state, image, BINARY)(state.model(image))
    assert found.equal(BINARY.hard_pseudo_label(copy.deepcopy(state.averaged).eval()(image)))
    assert all(value.equal(before[name]) for name, value in state.averaged.state_dict().items())


def test_pseudo_alone_gives_alpha_nothing():
    settings = make_settings("l2b", bootstrap={"candidates": "pseudo"})
    weights = normalizer_of(settings.bootstrap)(torch.rand(2, 3, 4, 4) + 0.1)
    assert not weights[0].any()
    assert float(weights[1].sum()) == pytest.approx(1)
    assert beta_share(SimpleNamespace(weights=weights)) == pytest.approx(1)
    assert beta_share(SimpleNamespace(weights=torch.zeros(2, 3))) == 0
    shares = torch.from_numpy(np.array([[0.25, 0.25], [0.5, 0.0]]))
    assert beta_share(SimpleNamespace(weights=shares)) == 0.5


def test_joint_by_steps_is_a_given_step_and_a_clean_step(data, batches):
    settings = make_settings("joint", joint_by="steps")
    feed = make_feed(data, settings)
    stepped(data, settings)
    expected = [feed.given(0, 1, settings.batch_size), feed.clean(0, 1, settings.meta_batch_size)]
    assert len(batches) == 2
    for (image, mask), (wanted, target) in zip(batches, expected, strict=True):
        assert image.equal(wanted)
        assert mask.equal(target)
