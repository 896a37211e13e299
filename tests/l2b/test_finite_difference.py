"""mode="fast": how far its step is from the exact one, in float32."""

import pytest
import torch
from torch import nn

from l2b import alignment, bootstrap_weights, candidate_losses, finite_difference, judge, shifted, train_step
from tests.l2b.problems import Problem, conv_net, monai_unetpp, relative_error, resnet18, samples, sgd, smp_unetpp


def smooth_net() -> Problem:
    torch.manual_seed(0)
    return samples(nn.Sequential(nn.Flatten(), nn.Linear(48, 16), nn.Tanh(), nn.Linear(16, 4)), size=4, b=16)


def step_gradient(problem: Problem, optimizer: torch.optim.SGD, mode: str) -> torch.Tensor:
    """The gradient of the weighted loss the mode's weights give; running statistics do not enter it."""
    x, y = problem.batch
    weights = bootstrap_weights(
        problem.model, optimizer, problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label, mode=mode,
    )  # fmt: skip
    losses = candidate_losses(problem.model(x), y, problem.loss, problem.pseudo_label)
    gradients = torch.autograd.grad((weights * losses).sum(), list(problem.model.parameters()), materialize_grads=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


BOUND = 0.02


@pytest.mark.parametrize("network", [smooth_net, resnet18, monai_unetpp, smp_unetpp])
def test_step_gradient_is_near_the_exact_one(network):
    problem = network().to(torch.float32)
    optimizer = sgd(problem)
    exact, fast = step_gradient(problem, optimizer, "exact"), step_gradient(problem, optimizer, "fast")
    assert relative_error(fast, exact) < BOUND
    assert torch.cosine_similarity(fast, exact, dim=0) > 1 - BOUND**2


def test_error_falls_with_the_distance_where_the_model_is_smooth():
    problem = smooth_net()  # float64: rounding plays no part
    optimizer = sgd(problem)
    x, y = problem.batch
    d = judge(problem.model, optimizer, problem.meta_batch, loss=problem.loss).direction
    a = alignment(problem.model, d, x, y, loss=problem.loss)
    there = shifted(problem.model, d, x)
    assert relative_error(finite_difference(there, problem.model(x), y, loss=problem.loss), a) < 1e-6


def test_small_losses_keep_their_digits():
    """A loss of 1e-6 changes by less than its own rounding; the logits behind it do not."""
    problem = smooth_net().to(torch.float32)
    x, _ = problem.batch
    with torch.no_grad():
        problem.model[-1].weight *= 30
    problem.batch = (x, problem.model(x).argmax(1))  # the label the model is sure of
    optimizer = sgd(problem, fill=0, lr=1e-3)
    arguments = (problem.model, optimizer, problem.batch, problem.meta_batch)
    exact = bootstrap_weights(*arguments, loss=problem.loss, normalize=None)[0]
    fast = bootstrap_weights(*arguments, loss=problem.loss, normalize=None, mode="fast")[0]
    losses = problem.loss(problem.model(x), problem.batch[1])
    small = (losses > 1e-7) & (losses < 1e-3)
    assert small.any()
    assert torch.allclose(fast[small], exact[small], rtol=0.05, atol=0)


def test_zero_direction_gives_zero_alignments():
    problem = samples(conv_net())
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.0)
    for mode in ("exact", "fast"):
        a = bootstrap_weights(
            problem.model, optimizer, problem.batch, problem.meta_batch,
            loss=problem.loss, normalize=None, mode=mode,
        )  # fmt: skip
        assert not a.any()


def test_zero_parameters_can_be_shifted():
    problem = samples(nn.Sequential(nn.Flatten(), nn.Linear(48, 4)), size=4)
    for parameter in problem.model.parameters():
        nn.init.zeros_(parameter)
    optimizer = sgd(problem, fill=0)
    arguments = (problem.model, optimizer, problem.batch, problem.meta_batch)
    exact = bootstrap_weights(*arguments, loss=problem.loss, normalize=None)
    fast = bootstrap_weights(*arguments, loss=problem.loss, normalize=None, mode="fast")
    assert relative_error(fast, exact) < 1e-6


def test_fast_step_runs_the_model_three_times_and_exact_three_with_one_dual():
    calls: list[bool] = []
    problem = samples(conv_net())
    problem.model[0].register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    optimizer = sgd(problem, fill=0)
    train_step(problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss, mode="fast")
    assert calls == [True, False, True]  # meta batch, shifted, the step's own
