"""DivideMix's split, C2D's threshold and warm-up history, what refuses, and L2B's step against double backward."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch.func import functional_call

from l2b_cls.losses import cross_entropy
from l2b_cls.methods.semi_supervised import divide_mix
from l2b_cls.methods.semi_supervised.divide_mix import select
from l2b_run.methods import plug_in
from l2b_run.methods.split import Split
from l2b_run.training.batches import Batches
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings, training_for


def with_losses(monkeypatch, losses):
    monkeypatch.setattr(divide_mix, "given_losses", lambda model, batches, at: losses)


def two_groups():
    """Losses of TRAIN samples whose label is wrong every fourth time."""
    wrong = given_labels() != image_set().labels[:TRAIN]
    return np.where(wrong, 3.0, 0.3) + np.random.default_rng(0).normal(0, 0.1, TRAIN), wrong


def test_a_known_split_is_found(monkeypatch):
    losses, wrong = two_groups()
    with_losses(monkeypatch, losses)
    run = training_for(make_settings("dividemix"))
    split = select(run, run.state.memory, 0, 2)
    assert split.labelled.tolist() == np.flatnonzero(~wrong).tolist()
    assert split.unlabelled.tolist() == np.flatnonzero(wrong).tolist()
    assert split.fitted["means"][0] < split.fitted["means"][1]


def test_losses_are_averaged_over_epochs(monkeypatch):
    losses, wrong = two_groups()
    run = training_for(make_settings("dividemix", dividemix={"loss_epochs": 2, "labelled_batch": 8}))
    with_losses(monkeypatch, losses)
    select(run, run.state.memory, 0, 2)
    flat = np.random.default_rng(1).normal(1.0, 0.01, TRAIN)  # an epoch that says nothing
    with_losses(monkeypatch, flat)
    split = select(run, run.state.memory, 0, 2)
    assert len(run.state.memory.past[0]) == 2
    assert not run.state.memory.past[1]
    assert wrong[split.unlabelled].mean() > 0.8
    select(run, run.state.memory, 0, 2)
    assert len(run.state.memory.past[0]) == 2


def test_c2d_brings_its_threshold_between_the_posteriors(monkeypatch):
    losses, wrong = two_groups()
    with_losses(monkeypatch, losses)
    run = training_for(make_settings("c2d"))
    split = select(run, run.state.memory, 0, 2)
    assert 0 < split.fitted["threshold"] < 1
    assert not wrong[split.labelled].any()
    with_losses(monkeypatch, np.ones(TRAIN))  # all alike: posterior 1
    assert len(select(run, run.state.memory, 0, 2).labelled) == TRAIN


def test_c2d_without_pretrained_weights_and_a_split_without_warm_up_are_refused():
    with pytest.raises(ValidationError, match=r"l2b-cls pretrain simclr DATA --out FOLDER.*network.weights=FOLDER"):
        make_settings("c2d", network={"widths": [4, 6, 8]})
    for method in ("dividemix", "l2b-unicon"):
        with pytest.raises(ValidationError, match="set warm_up above 0"):
            make_settings(method, warm_up=0.0)


def test_networks_draw_orders_of_their_own():
    run = training_for(make_settings("dividemix"))
    first, second = run, run.of_second
    assert not first.batches.given(0, 0).position.equal(second.batches.given(0, 0).position)
    at = np.arange(4)
    assert not first.batches.view(at, 0, 0, 0).equal(second.batches.view(at, 0, 0, 0))
    assert not first.batches.view(at, 0, 0, 0).equal(first.batches.view(at, 0, 0, 1))
    assert first.batches.view(at, 0, 0, 0).equal(first.batches.view(at, 0, 0, 0))


@pytest.mark.parametrize(("source", "judged_by"), [("clean", "meta"), ("given", "meta"), ("online", "labelled")])
def test_who_judges_the_plug_in(source, judged_by):
    run = training_for(make_settings("l2b-dividemix", meta={"source": source}))
    labelled = np.arange(5, 25)
    judges: Batches = plug_in.judging_batches(run, labelled)
    if judged_by == "meta":
        assert judges is run.batches
    else:
        assert judges.n_meta == 20
        assert judges.meta.labels.tolist() == given_labels()[labelled].tolist()


def test_only_the_first_network_takes_the_step_unless_both_are_named():
    run = training_for(make_settings("l2b-dividemix"))
    split = Split(np.ones(TRAIN), np.arange(TRAIN), np.arange(0))
    assert plug_in.plug_in_of(run, split, first=True) is not None
    assert plug_in.plug_in_of(run, split, first=False) is None
    both = training_for(make_settings("l2b-dividemix", plug_in={"networks": "both"}))
    assert plug_in.plug_in_of(both, split, first=False) is not None


def test_the_plug_ins_weights_are_those_of_double_backward(monkeypatch):
    """Soft given labels, own hard pseudo-labels, the base's momentum in the lookahead: float64, against autograd."""
    run = training_for(make_settings("l2b-dividemix", plug_in={"clip_norm": None}))
    model, optimizer = run.state.model.double().train(), run.state.optimizer
    images, labels, _ = run.batches.given(0, 0)
    cross_entropy(model(images.double()), labels).mean().backward()
    optimizer.step()  # a base step: momentum buffers
    optimizer.zero_grad()
    images = torch.cat([run.batches.view(np.arange(6), 0, 0, v) for v in (0, 1)]).double()
    soft = torch.softmax(torch.randn(12, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64), 1)
    meta = tuple(part.double() if part.is_floating_point() else part for part in run.batches.clean(0, 0, 8))
    state = {name: value.clone() for name, value in model.state_dict().items()}
    theta = {name: value.detach().clone().requires_grad_() for name, value in model.named_parameters()}
    buffers = {name: state[name] for name, _ in model.named_buffers()}
    logits = functional_call(model, {**theta, **{k: v.clone() for k, v in buffers.items()}}, (images,))
    losses = torch.stack([cross_entropy(logits, soft), cross_entropy(logits, logits.detach().argmax(1))])
    zero = torch.zeros_like(losses, requires_grad=True)
    gradients = torch.autograd.grad((zero * losses).sum(), list(theta.values()), create_graph=True)
    group = optimizer.param_groups[0]
    moved = {}
    for (name, value), gradient, parameter in zip(theta.items(), gradients, model.parameters(), strict=True):
        step = gradient + group["weight_decay"] * value
        step = step + group["momentum"] * optimizer.state[parameter]["momentum_buffer"]
        moved[name] = value - group["lr"] * step
    there = functional_call(model, {**moved, **{k: v.clone() for k, v in buffers.items()}}, (meta[0],))
    (found,) = torch.autograd.grad(cross_entropy(there, meta[1]).mean(), zero)
    weights = (-found).clamp_min(0)
    weights = weights / weights.sum()
    seen, real = [], plug_in.train_step
    monkeypatch.setattr(plug_in, "train_step", lambda *a, **k: seen.append(done := real(*a, **k)) or done)
    plug_in.plug_in_step(replace(run), images, soft, meta)
    torch.testing.assert_close(seen[0].weights, weights, atol=1e-10, rtol=1e-8)
    assert 0 < int((weights > 0).sum()) < weights.numel()


@pytest.mark.parametrize("method", ["dividemix", "unicon"])
def test_of_a_balanced_epoch_only_its_samples_are_split(method):
    run = training_for(make_settings(method, data={"balanced_epoch": 60}))
    reports = list(run.method.steps_of(run, 2))
    asked = run.batches.epoch_positions(2)
    for split in run.state.memory.splits:
        assert sorted([*split.labelled, *split.unlabelled]) == asked.tolist()
        assert np.isnan(split.probability).sum() == TRAIN - len(asked)
    assert all(np.isfinite(report.loss) for report in reports)
    with pytest.raises(ValidationError, match="loss_epochs averages"):
        make_settings("dividemix", data={"balanced_epoch": 60}, dividemix={"loss_epochs": 5})


def test_c2d_keeps_losses_from_the_warm_up_on_where_it_averages_them():
    small = {"labelled_batch": 8, "ramp_epochs": 2.0, "unlabelled_weight": 5.0}
    for loss_epochs, kept in ((1, 0), (3, 1)):
        run = training_for(make_settings("c2d", warm_up=0.5, c2d=small | {"loss_epochs": loss_epochs}))
        for epoch in (0, 1):
            list(run.method.steps_of(run, epoch))
        assert [len(losses) for losses in run.state.memory.past] == [kept, kept]
        assert run.state.memory.splits == []
