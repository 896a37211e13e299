"""The meta gradient is the ordinary gradient, taken elsewhere."""

import torch

from l2b import judge, lookahead, meta_gradient
from tests.l2b.problems import monai_unetpp, same, sgd, small_cnn, snapshot


def test_is_autograds_gradient_at_theta():
    problem = small_cnn()
    optimizer = sgd(problem)
    x, y = problem.meta_batch
    before = snapshot(problem.model, optimizer)
    theta = lookahead(problem.model, optimizer, through="none").parameters
    u = meta_gradient(problem.model, theta, x, y, problem.loss)
    assert same(before, snapshot(problem.model, optimizer)) == []
    problem.loss(problem.model(x), y).mean().backward()
    for name, parameter in problem.model.named_parameters():
        assert torch.equal(u[name], parameter.grad)


def test_is_taken_at_the_given_parameters():
    problem = small_cnn()
    optimizer = sgd(problem)
    x, y = problem.meta_batch
    ahead = lookahead(problem.model, optimizer)
    u = meta_gradient(problem.model, ahead.parameters, x, y, problem.loss)
    problem.model.load_state_dict(ahead.parameters, strict=False)
    problem.loss(problem.model(x), y).mean().backward()
    for name, parameter in problem.model.named_parameters():
        assert torch.equal(u[name], parameter.grad)


def test_idle_parameters_get_zeros_and_frozen_ones_nothing():
    problem = monai_unetpp()
    x, y = problem.meta_batch
    first = next(name for name, _ in problem.model.named_parameters())
    problem.model.get_parameter(first).requires_grad_(False)
    u = meta_gradient(problem.model, dict(problem.model.named_parameters()), x, y, problem.loss)
    problem.loss(problem.model(x), y).mean().backward()
    idle = [n for n, p in problem.model.named_parameters() if p.requires_grad and p.grad is None]
    assert idle  # the heads of deep supervision
    assert not any(u[name].any() for name in idle)
    assert first not in u


def test_direction_is_step_size_times_gradient():
    problem = small_cnn()
    optimizer = sgd(problem, nesterov=True)
    ahead = lookahead(problem.model, optimizer)
    u = meta_gradient(problem.model, ahead.parameters, *problem.meta_batch, problem.loss)
    d = judge(problem.model, optimizer, problem.meta_batch, loss=problem.loss).direction
    assert d.keys() == u.keys()
    for name, gradient in u.items():
        assert torch.equal(d[name], ahead.step_sizes[name] * gradient)
        assert ahead.step_sizes[name] == 0.05 * 1.9
