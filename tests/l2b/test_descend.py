"""Steps on a loss: gradients kept over batches, a scaler, and the supervised meta step."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.amp import GradScaler

from l2b import EngineError, NonFiniteError, bootstrap_weights, candidate_losses, train_step
from l2b.descend import guess_loss, meta_step
from tests.l2b.problems import Problem, conv_net, cross_entropy, same, samples, sgd, small_cnn, snapshot, top_class


def step(problem: Problem, optimizer: torch.optim.Optimizer, **options):
    arguments = {"loss": problem.loss, "pseudo_label": problem.pseudo_label} | options
    return train_step(problem.model, optimizer, problem.batch, problem.meta_batch, **arguments)


def gradients(model: nn.Module) -> list[torch.Tensor]:
    return [parameter.grad.clone() for parameter in model.parameters()]


def weighted_gradient(problem: Problem, optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    """Of a copy: model and optimizer stay."""
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    weights = bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, **options)
    model = copy.deepcopy(problem.model)
    x, y = problem.batch
    losses = candidate_losses(model(x), y, problem.loss, problem.pseudo_label)
    return list(torch.autograd.grad((weights * losses).sum(), list(model.parameters())))


def test_without_a_step_gradients_add_up_and_nothing_else_moves():
    problem = samples(nn.Sequential(nn.Flatten(), nn.Linear(768, 4)))
    optimizer = sgd(problem)
    batches = [problem.batch, samples(conv_net()).batch]
    expected, before = [], snapshot(problem.model, optimizer)
    for problem.batch in batches:
        expected.append(weighted_gradient(problem, optimizer))
        done = step(problem, optimizer, step=False)
        norm = nn.utils.get_total_norm(expected[-1])
        assert done.gradient_norm == pytest.approx(norm.item(), rel=1e-12)  # this batch's own
    for found, *parts in zip(gradients(problem.model), *expected, strict=True):
        torch.testing.assert_close(found, sum(parts), rtol=1e-12, atol=1e-15)
    assert same(before, snapshot(problem.model, optimizer), but=("grad", "rng")) == []


@pytest.mark.parametrize("options", [{}, {"clean_share": 0.3}, {"warm_up": True}], ids=str)
def test_one_kept_gradient_and_the_loops_own_step_are_a_step(options):
    one, other = small_cnn(), small_cnn()
    optimizer, by_hand = sgd(one), sgd(other)
    step(one, optimizer, **options)
    step(other, by_hand, step=False, **options)
    by_hand.step()
    assert same(snapshot(one.model, optimizer), snapshot(other.model, by_hand)) == []


def test_a_batch_that_is_not_finite_leaves_the_earlier_gradients():
    problem = small_cnn()
    optimizer = sgd(problem)
    step(problem, optimizer, step=False)
    before = snapshot(problem.model, optimizer)
    with pytest.raises(NonFiniteError, match="no step was taken"):
        step(problem, optimizer, step=False, warm_up=True, loss=lambda logits, y: problem.loss(logits, y) / 0)
    assert same(before, snapshot(problem.model, optimizer)) == []


@pytest.mark.parametrize("options", [{"clip_norm": 1.0}, {"supervised_meta_step": True}], ids=str)
def test_without_a_step_nothing_is_clipped_or_taught(options):
    problem = small_cnn()
    with pytest.raises(ValueError, match="step=False takes no step"):
        step(problem, sgd(problem), step=False, **options)


@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.05, "supervised_meta_step": True}, {"clean_share": 0.3}])
def test_a_scaler_changes_no_step(options):
    """Powers of two scale without rounding."""
    one, other = small_cnn(), small_cnn()
    optimizer, scaled = sgd(one), sgd(other)
    plain = step(one, optimizer, **options)
    done = step(other, scaled, scaler=GradScaler("cpu", init_scale=2.0**10), **options)
    assert (plain.loss, plain.gradient_norm) == (done.loss, done.gradient_norm)
    torch.testing.assert_close(list(other.model.parameters()), list(one.model.parameters()), rtol=1e-12, atol=1e-15)


def test_a_scaler_with_kept_gradients_is_the_loops():
    one, other = small_cnn(), small_cnn()
    optimizer, scaled = sgd(one), sgd(other)
    scaler = GradScaler("cpu", init_scale=2.0**10)
    for _ in range(2):
        plain, done = step(one, optimizer, step=False), step(other, scaled, step=False, scaler=scaler)
        assert plain.gradient_norm == done.gradient_norm
    scaler.unscale_(scaled)
    torch.testing.assert_close(gradients(other.model), gradients(one.model), rtol=1e-12, atol=1e-15)


def test_an_infinite_gradient_lowers_the_scale_and_moves_nothing():
    problem = small_cnn().to(torch.float32)
    optimizer = sgd(problem)
    scaler = GradScaler("cpu", init_scale=2.0**127)
    before = snapshot(problem.model, optimizer)
    done = step(problem, optimizer, scaler=scaler, loss=lambda logits, y: 100 * problem.loss(logits, y))
    assert not done.gradient_norm < math.inf
    assert scaler.get_scale() == 2.0**126
    moved = same(before, snapshot(problem.model, optimizer), but=("grad", "rng"))
    assert [name for name in moved if "running_" not in name and "tracked" not in name] == []


def test_half_precision_under_a_scaler_learns():
    torch.manual_seed(0)
    problem = samples(nn.Sequential(nn.Flatten(), nn.Linear(768, 4))).to(torch.float32)
    optimizer = torch.optim.AdamW(problem.model.parameters(), lr=1e-2)
    scaler, losses = GradScaler("cpu"), []
    for _ in range(10):
        with torch.autocast("cpu", torch.float16):
            losses.append(step(problem, optimizer, scaler=scaler, lookahead="none").loss)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("warm_up", [True, False])
@pytest.mark.parametrize("spoil", ["no_grad", "inference_mode", "frozen", "detached"])
def test_a_loss_without_a_gradient_is_named(spoil, warm_up):
    problem = small_cnn()
    optimizer = sgd(problem)
    options = {"warm_up": warm_up}
    if spoil == "frozen":
        problem.model.requires_grad_(False)
    if spoil == "detached":
        options["logits_of"] = torch.Tensor.detach
    context = getattr(torch, spoil)() if hasattr(torch, spoil) else torch.enable_grad()
    with context, pytest.raises(EngineError, match="gradient"):
        step(problem, optimizer, **options)


def test_guess_loss_is_that_of_the_most_probable_labels():
    logits = torch.tensor([[2.0, 0.0], [-1.0, 3.0]])
    expected = [math.log(1 + math.exp(-2.0)), math.log(1 + math.exp(-4.0))]
    found = guess_loss(logits, loss=cross_entropy, own_label=top_class)
    assert found == pytest.approx(sum(expected) / 2)


@pytest.mark.parametrize("above", [-1e-6, 1e-6])
def test_a_meta_step_is_taken_from_the_least_loss_on(above):
    problem = samples(conv_net())
    optimizer = sgd(problem)
    before = [parameter.detach().clone() for parameter in problem.model.parameters()]
    x, y = problem.meta_batch
    least = problem.loss(problem.model(x), y).mean().item() - above
    assert meta_step(problem.model, optimizer, (x, y), loss=problem.loss, least=least) == (above > 0)
    stayed = all(torch.equal(*pair) for pair in zip(before, problem.model.parameters(), strict=True))
    assert stayed == (above < 0)
