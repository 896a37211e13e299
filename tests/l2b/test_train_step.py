"""One step: what it takes, what it reports, what it must not change."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR

from l2b import (
    BatchError,
    MetaAverage,
    NonFiniteError,
    UnsupportedOptimizerError,
    bootstrap_weights,
    candidate_losses,
    judge,
    train_step,
)
from tests.l2b.problems import Problem, conv_net, same, samples, sgd, small_cnn, snapshot, top_class


def twin(problem: Problem, optimizer: torch.optim.SGD) -> tuple[nn.Module, torch.optim.SGD]:
    """A copy of model and optimizer, momentum buffers included."""
    model = copy.deepcopy(problem.model)
    copied = torch.optim.SGD(model.parameters(), lr=0.1)
    copied.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    return model, copied


def step(problem: Problem, optimizer: torch.optim.SGD, **options):
    arguments = {"loss": problem.loss, "pseudo_label": problem.pseudo_label} | options
    return train_step(problem.model, optimizer, problem.batch, problem.meta_batch, **arguments)


def require_same_state(problem: Problem, optimizer, model: nn.Module, copied) -> None:
    after, by_hand = snapshot(problem.model, optimizer), snapshot(model, copied)
    assert same(by_hand, after, but=("rng",)) == []


@pytest.mark.parametrize("pseudo", [True, False])
def test_warm_up_is_the_plain_step_bitwise(pseudo):
    torch.manual_seed(0)
    problem = samples(conv_net(dropout=0.3))
    optimizer = sgd(problem)
    model, plain = twin(problem, optimizer)
    (x, y), state = problem.batch, torch.get_rng_state()
    report = step(problem, optimizer, warm_up=True, **({} if pseudo else {"pseudo_label": None}))
    after = torch.get_rng_state()

    torch.set_rng_state(state)
    plain.zero_grad()
    loss = problem.loss(model(x), y).mean()
    loss.backward()
    plain.step()
    require_same_state(problem, optimizer, model, plain)
    assert torch.equal(torch.get_rng_state(), after)
    assert report.loss == loss.item()
    assert report.weights.shape == (2 if pseudo else 1, 8)
    assert torch.equal(report.weights[0], torch.full((8,), 1 / 8, dtype=torch.float64))
    assert not report.weights[1:].any()


def test_warm_up_needs_no_meta_batch_and_no_sgd():
    problem = small_cnn()
    empty = (torch.zeros(0), torch.zeros(0))
    optimizer = torch.optim.Adam(problem.model.parameters())
    report = train_step(problem.model, optimizer, problem.batch, empty, loss=problem.loss, warm_up=True)
    assert math.isfinite(report.loss)
    with pytest.raises(BatchError, match="meta batch"):
        train_step(
            problem.model, optimizer, problem.batch, empty, loss=problem.loss, warm_up=True, supervised_meta_step=True
        )


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_is_the_weighted_step_done_by_hand(mode, dropout):
    torch.manual_seed(0)
    problem = samples(conv_net(dropout=dropout))
    optimizer = sgd(problem, nesterov=True)
    model, plain = twin(problem, optimizer)
    x, y = problem.batch
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label, "mode": mode}
    weights = bootstrap_weights(model, plain, problem.batch, problem.meta_batch, **options)
    state = torch.get_rng_state()
    report = step(problem, optimizer, mode=mode)

    torch.set_rng_state(state)
    logits = model(x)
    loss = (weights * candidate_losses(logits, y, problem.loss, problem.pseudo_label)).sum()
    plain.zero_grad()
    loss.backward()
    norm = nn.utils.get_total_norm([p.grad for p in model.parameters()])
    plain.step()
    assert torch.equal(report.weights, weights)
    assert torch.equal(report.logits, logits.detach())
    assert report.loss == loss.item()
    assert report.gradient_norm == pytest.approx(norm.item(), rel=1e-12)
    assert not report.no_weight
    require_same_state(problem, optimizer, model, plain)


def test_running_statistics_advance_once():
    problem = small_cnn()
    optimizer = sgd(problem)
    counted = int(problem.model[1].num_batches_tracked)
    step(problem, optimizer)
    step(problem, optimizer, mode="fast")
    assert int(problem.model[1].num_batches_tracked) == counted + 2


@pytest.mark.parametrize("clip_norm", [1e-3, 1e3])
def test_clip_is_torchs_clip(clip_norm):
    problem = small_cnn()
    optimizer = sgd(problem)
    model, plain = twin(problem, optimizer)
    x, y = problem.batch
    report = step(problem, optimizer, warm_up=True, clip_norm=clip_norm)
    plain.zero_grad()
    problem.loss(model(x), y).mean().backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    plain.step()
    assert report.gradient_norm == norm.item()
    require_same_state(problem, optimizer, model, plain)


@pytest.mark.parametrize("clip_norm", [None, 0.05])
def test_supervised_meta_step_is_a_second_step_by_hand(clip_norm):
    problem = small_cnn()
    optimizer = sgd(problem)
    model, plain = twin(problem, optimizer)
    first = step(problem, optimizer, clip_norm=clip_norm, supervised_meta_step=True)

    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label, "clip_norm": clip_norm}
    report = train_step(model, plain, problem.batch, problem.meta_batch, **options)
    x_meta, y_meta = problem.meta_batch
    plain.zero_grad()
    problem.loss(model(x_meta), y_meta).mean().backward()
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
    plain.step()
    assert (first.loss, first.gradient_norm) == (report.loss, report.gradient_norm)
    require_same_state(problem, optimizer, model, plain)


def test_a_teaching_loss_is_that_of_the_warm_up_and_of_the_meta_step_and_weighs_nothing():
    def twice(logits, target):
        return 2 * problem.loss(logits, target)

    problem = small_cnn()
    optimizer = sgd(problem)
    model, plain = twin(problem, optimizer)
    first = step(problem, optimizer, supervised_meta_step=True, teaching_loss=twice)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    weighted = train_step(model, plain, problem.batch, problem.meta_batch, **options)
    assert first.weights.equal(weighted.weights)
    x_meta, y_meta = problem.meta_batch
    plain.zero_grad()
    twice(model(x_meta), y_meta).mean().backward()
    plain.step()
    require_same_state(problem, optimizer, model, plain)
    warm = step(problem, optimizer, warm_up=True, teaching_loss=twice)
    x, y = problem.batch
    plain.zero_grad()
    value = twice(model(x), y).mean()
    value.backward()
    plain.step()
    assert warm.loss == value.item()
    require_same_state(problem, optimizer, model, plain)


def _learnt_differently(one, other) -> list[str]:
    """What differs besides running statistics, which every pass moves."""
    return [name for name in same(one, other, but=("rng",)) if "running_" not in name and "tracked" not in name]


@pytest.mark.parametrize("warm_up", [True, False])
def test_no_supervised_meta_step_on_what_is_known_by_heart(warm_up):
    """Guesses of a higher loss than the clean labels: known by heart. Of a lower one, the most probable labels: not."""

    def after(own_label, **options):
        torch.manual_seed(0)
        problem = samples(conv_net())
        optimizer = sgd(problem)
        done = step(problem, optimizer, warm_up=warm_up, own_label=own_label, **options)
        return done, snapshot(problem.model, optimizer)

    def worst(logits):
        return logits.argmin(1)

    never, unless_by_heart = after(None)[1], after(top_class, supervised_meta_step=True)
    assert unless_by_heart[0].meta_step
    assert same(after(None, supervised_meta_step=True)[1], unless_by_heart[1]) == []
    by_heart, left = after(worst, supervised_meta_step=True)
    assert not by_heart.meta_step
    assert _learnt_differently(never, left) == []
    assert _learnt_differently(never, unless_by_heart[1]) != []
    assert not after(top_class)[0].meta_step


@pytest.mark.parametrize(
    "options", [{"warm_up": True}, {"mode": "exact"}, {"mode": "fast"}], ids=lambda options: str(options)
)
def test_non_finite_loss_moves_nothing(options):
    problem = small_cnn()
    optimizer = sgd(problem)
    problem.batch[0][0, 0, 0, 0] = float("inf")
    before = snapshot(problem.model, optimizer)
    with pytest.raises(NonFiniteError):
        step(problem, optimizer, **options)
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_non_finite_gradient_of_a_finite_loss_moves_nothing():
    problem = small_cnn()
    optimizer = sgd(problem)

    def root(logits, target):
        return (logits[:, 0] - logits[:, 0].detach()).abs().sqrt()  # 0, with an infinite slope

    before = snapshot(problem.model, optimizer)
    with pytest.raises(NonFiniteError, match="no step was taken"):
        step(problem, optimizer, loss=root, pseudo_label=None, warm_up=True)
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_a_refused_supervised_meta_step_leaves_the_weighted_one():
    """Running statistics are those after the weighted step; the judge was one."""
    problem = small_cnn()
    optimizer = sgd(problem)
    model, copied = twin(problem, optimizer)
    average, other = MetaAverage(0.5), MetaAverage(0.5)
    losses = []

    def spoilt_in_the_end(logits, target):
        losses.append(problem.loss(logits, target))
        return losses[-1] * (float("nan") if len(losses) == 2 else 1)

    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    with pytest.raises(NonFiniteError):
        step(problem, optimizer, meta_loss=spoilt_in_the_end, supervised_meta_step=True, meta_average=average)
    train_step(model, copied, problem.batch, problem.meta_batch, **options, meta_average=other)
    assert same(snapshot(model, copied), snapshot(problem.model, optimizer), but=("grad", "rng")) == []
    assert all(torch.equal(value, other.average[name]) for name, value in average.average.items())


def test_all_zero_weights_are_reported_and_only_decay_and_momentum_act():
    problem = small_cnn()
    optimizer = sgd(problem)
    model, _ = twin(problem, optimizer)
    report = step(problem, optimizer, normalize=lambda a: torch.zeros_like(a))
    assert report.no_weight
    assert report.loss == 0
    assert report.gradient_norm == 0
    weight, before = problem.model[0].weight, model[0].weight
    decay = 5e-3 * before
    assert not torch.equal(weight, before)
    averaged = optimizer.state[weight]["momentum_buffer"]
    assert torch.allclose(weight, before - 0.05 * averaged, atol=1e-14)
    assert not torch.allclose(averaged, decay)


@pytest.mark.parametrize(
    "loss",
    [
        lambda logits, target: nn.functional.cross_entropy(logits, target),
        lambda logits, target: nn.functional.cross_entropy(logits, target, reduction="none")[:-1],
    ],
)
@pytest.mark.parametrize("warm_up", [True, False])
def test_loss_must_be_one_value_an_element(loss, warm_up):
    problem = small_cnn()
    optimizer = sgd(problem)
    with pytest.raises(BatchError, match="reduction='none'"):
        step(problem, optimizer, loss=loss, warm_up=warm_up)


class RenamedSGD(torch.optim.SGD):
    """A subclass may step otherwise, and nothing here would know."""


@pytest.mark.parametrize(
    ("build", "words", "lookahead"),
    [
        (torch.optim.AdamW, "AdamW is not supported .* use lookahead='none'", "optimizer"),
        (lambda p: RenamedSGD(p, lr=0.1), "RenamedSGD is not supported .* use lookahead='none'", "optimizer"),
        (lambda p: torch.optim.SGD(p, lr=0.1, maximize=True), "maximize=True", "optimizer"),
        (lambda p: torch.optim.AdamW(p, maximize=True), "maximize=True", "none"),
        (lambda p: torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1), "make it from model.parameters", "none"),
        (lambda p: StepLR(torch.optim.SGD(p, lr=0.1), 1), "the optimizer is a StepLR", "none"),
    ],
)
def test_unsupported_optimizers_are_refused_unmoved(build, words, lookahead):
    problem = small_cnn()
    optimizer = build(problem.model.parameters())
    state = optimizer.optimizer if isinstance(optimizer, StepLR) else optimizer
    before = snapshot(problem.model, state)
    with pytest.raises(UnsupportedOptimizerError, match=words):
        step(problem, optimizer, lookahead=lookahead)
    assert same(before, snapshot(problem.model, state)) == []


@pytest.mark.parametrize("warm_up", [True, False])
def test_batches_are_checked_before_anything_runs(warm_up):
    problem = small_cnn()
    optimizer = sgd(problem)
    problem.batch = (problem.batch[0][:5], problem.batch[1])
    before = snapshot(problem.model, optimizer)
    with pytest.raises(BatchError, match="5 inputs and 8 targets"):
        step(problem, optimizer, warm_up=warm_up)
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_unknown_mode_is_refused_in_warm_up_too():
    problem = small_cnn()
    with pytest.raises(ValueError, match="'exact' or 'fast'"):
        step(problem, sgd(problem), mode="precise", warm_up=True)


@pytest.mark.parametrize("warm_up", [True, False])
def test_clean_share_blends_the_meta_gradient_into_the_steps_own(warm_up):
    problem = small_cnn()
    optimizer = sgd(problem)
    step(problem, optimizer)  # fills the momentum buffers
    model, copied = twin(problem, optimizer)
    x, y = problem.batch
    taught = judge(model, copied, problem.meta_batch, loss=problem.loss).gradient
    losses = candidate_losses(model(x), y, problem.loss, problem.pseudo_label)
    if warm_up:
        objective = losses[0].mean()
    else:
        restored, fresh = twin(problem, optimizer)
        weights = bootstrap_weights(
            restored, fresh, problem.batch, problem.meta_batch, loss=problem.loss, pseudo_label=problem.pseudo_label
        )
        objective = (weights * losses).sum()
    copied.zero_grad()
    objective.backward()
    for name, parameter in model.named_parameters():
        parameter.grad = 0.75 * parameter.grad + 0.25 * taught[name]
    copied.step()
    step(problem, optimizer, clean_share=0.25, warm_up=warm_up)
    for ours, by_hand in zip(problem.model.parameters(), model.parameters(), strict=True):
        assert torch.allclose(ours, by_hand, rtol=1e-12, atol=1e-14)
