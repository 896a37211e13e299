"""D2L: the dimension of features, its turning point, and what the run does there."""

import io
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from l2b_cls.features import features_and_logits
from l2b_cls.losses import cross_entropy
from l2b_cls.methods import d2l
from l2b_cls.methods.d2l import D2LMemory, D2LSettings, given_share, local_dimension, mean_dimension, turning_point
from tests.l2b_cls.synthetic import TRAIN, make_settings, training_for
from tests.tasks import same_weights, weights_of

FALLING = [6.0, 5.0, 4.0, 3.5, 3.2, 3.0, 2.9, 2.8, 2.9, 2.8]


def ball(dimension, count=2000, seed=0):
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(count, dimension, generator=generator)
    radius = torch.rand(count, 1, generator=generator) ** (1 / dimension)
    return direction / direction.norm(dim=1, keepdim=True) * radius


@pytest.mark.parametrize("dimension", [1, 2, 3, 5])
def test_the_dimension_of_a_ball_is_found_wherever_it_lies(dimension):
    flat = torch.cat([ball(dimension), torch.zeros(2000, 12 - dimension)], 1)
    turned = flat @ torch.linalg.qr(torch.randn(12, 12, generator=torch.Generator().manual_seed(1)))[0]
    assert float(local_dimension(turned, 20).mean()) == pytest.approx(dimension, rel=0.15)


def test_the_dimension_is_its_formula():
    features = torch.tensor([[0.0], [1.0], [3.0], [10.0]])
    found = local_dimension(features, 2)
    nearest = [(1, 3), (1, 2), (2, 3), (7, 9)]
    torch.testing.assert_close(found, torch.tensor([-2 / math.log(a / b) for a, b in nearest], dtype=torch.float64))
    assert local_dimension(features, 20).equal(local_dimension(features, 3))


def test_features_that_do_not_differ_have_a_finite_dimension():
    assert local_dimension(torch.zeros(6, 3), 4).isfinite().all()
    assert local_dimension(torch.eye(5), 4).isfinite().all()


def test_the_turning_point_is_where_the_dimension_grows_beyond_its_deviation():
    own, last = D2LSettings(), np.asarray(FALLING[-5:])
    bound = float(last.mean() + 2 * last.std())
    assert turning_point([*FALLING, bound + 1e-6], own)
    assert not turning_point([*FALLING, bound - 1e-6], own)
    assert not turning_point([*FALLING[:-1], 9.0], own)  # the tenth: five epochs to begin with, five to compare with
    assert not any(turning_point([*FALLING, 2.7][:n], own) for n in range(12))


def test_the_given_labels_share_falls_with_epochs_and_dimension():
    assert given_share(D2LMemory([3.0, 2.0, 5.0]), 0.5) == 1
    assert given_share(D2LMemory([3.0, 2.0, 5.0], turned=2), 0.4) == pytest.approx(math.exp(-0.4 * 5 / 2))


def test_the_mean_dimension_is_of_features_in_eval_mode():
    run = training_for(make_settings("d2l"))
    own, rng = D2LSettings(neighbours=5, samples=64, batch=32), np.random.default_rng(3)
    found = mean_dimension(run.state.model, run.batches, own, np.random.default_rng(3))
    order = rng.permutation(rng.permutation(TRAIN)[:64])
    images = torch.cat([part for part, _, _ in run.batches.ordered("train", TRAIN)])
    with torch.no_grad():
        parts = [features_and_logits(run.state.model.eval(), images[at])[0] for at in (order[:32], order[32:])]
    expected = torch.cat([local_dimension(part, 5) for part in parts]).mean()
    assert found == pytest.approx(float(expected), rel=1e-4)


def curved(monkeypatch, dimensions):
    """From now on the network's dimension after epoch n is the n-th."""
    values = iter(dimensions)
    monkeypatch.setattr(d2l, "mean_dimension", lambda *arguments: next(values))


def an_epoch(run, epoch):
    run.method.before_epoch(run, epoch)
    run.state.model.train()
    reports = []
    for step in range(run.batches.steps):
        reports.append(run.method.step(run, epoch, step))
        run.state.average(run.settings.average_decay)
    return reports


def test_at_the_turning_point_the_weights_of_the_epoch_before_come_back(monkeypatch):
    settings = make_settings("d2l", epochs=6, average_decay=0.5)
    run = training_for(settings)
    curved(monkeypatch, [3.0, 2.0, 4.0, 2.5, 2.5])
    after = []
    for epoch in range(3):
        an_epoch(run, epoch)
        after.append((weights_of(run), {key: value.clone() for key, value in run.state.averaged.state_dict().items()}))
    run.method.before_epoch(run, 3)
    assert run.state.memory.turned == 3
    assert same_weights(weights_of(run), after[1][0])
    assert same_weights(run.state.averaged.state_dict(), after[1][1])
    assert not same_weights(weights_of(run), after[2][0])
    run.state.model.train()
    drawn, share = run.batches.given(3, 0), math.exp(-3 / 6 * 4 / 2)
    logits = run.state.model(drawn.images).detach()
    expected = share * cross_entropy(logits, drawn.target) + (1 - share) * cross_entropy(logits, logits.argmax(1))
    assert run.method.step(run, 3, 0).loss == pytest.approx(float(expected.mean()), rel=1e-5)
    kept = weights_of(run)
    run.method.before_epoch(run, 4)
    assert same_weights(kept, weights_of(run))
    assert run.state.memory.before == []


def test_a_run_resumed_just_before_the_turning_point_turns_the_same(monkeypatch):
    settings, curve = make_settings("d2l", epochs=5), [3.0, 2.0, 4.0, 2.5]
    whole, parts, resumed = (training_for(settings) for _ in range(3))
    for run, epochs in ((whole, range(5)), (parts, range(3))):
        curved(monkeypatch, curve)
        for epoch in epochs:
            an_epoch(run, epoch)
    stored = io.BytesIO()
    torch.save(parts.state.state_dict(), stored)
    resumed.state.load_state_dict(torch.load(io.BytesIO(stored.getvalue()), weights_only=True))
    curved(monkeypatch, curve[2:])
    for epoch in (3, 4):
        an_epoch(resumed, epoch)
    assert whole.state.memory.turned == resumed.state.memory.turned == 3
    assert same_weights(weights_of(whole), weights_of(resumed))


def test_without_a_turning_point_it_is_plain_training(monkeypatch):
    run, plain = training_for(make_settings("d2l")), training_for(make_settings("ce"))
    curved(monkeypatch, [3.0, 2.0, 1.0])
    for epoch in range(4):
        an_epoch(run, epoch)
        for step in range(plain.batches.steps):
            plain.method.step(plain, epoch, step)
    assert same_weights(weights_of(run), weights_of(plain))


def test_a_run_too_short_for_a_turning_point_is_refused():
    with pytest.raises(ValidationError, match=r"method d2l looks for .* epochs is 11: set epochs above 11"):
        make_settings("d2l", epochs=11, d2l={})
    assert make_settings("d2l", epochs=12, d2l={}).epochs == 12
    assert make_settings("ce", epochs=2).epochs == 2
