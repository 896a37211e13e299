"""The lookahead is torch's own step at a zero gradient."""

import copy

import pytest
import torch
from torch import nn

from l2b import lookahead
from tests.l2b.problems import same, sgd, small_cnn, snapshot, take_plain_steps

OPTIONS = [
    {},
    {"nesterov": True},
    {"dampening": 0.3},
    {"momentum": 0},
    {"momentum": 0, "weight_decay": 0},
    {"fill": 0},
    {"fill": 0, "nesterov": True},
    {"fill": 0, "dampening": 0.3},
    {"foreach": True},
    {"fused": True},
    {"lr": torch.tensor(0.05)},
]


def after_step_with(problem, optimizer, gradient: float) -> dict[str, torch.Tensor]:
    """Parameters after torch.optim.SGD's own step, every entry of the gradient being `gradient`."""
    model = copy.deepcopy(problem.model)
    copied = torch.optim.SGD(model.parameters(), lr=0.1)
    copied.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    copied.step()
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_is_torchs_step_at_zero_gradient_and_its_slope(options):
    problem = small_cnn()
    optimizer = sgd(problem, **options)
    before = snapshot(problem.model, optimizer)
    ahead = lookahead(problem.model, optimizer)
    assert same(before, snapshot(problem.model, optimizer)) == []
    at_zero, at_one = after_step_with(problem, optimizer, 0.0), after_step_with(problem, optimizer, 1.0)
    for name, theta_hat in ahead.parameters.items():
        torch.testing.assert_close(theta_hat, at_zero[name], rtol=0, atol=1e-14)
        slope = (at_zero[name] - at_one[name]).flatten()[0].item()
        assert ahead.step_sizes[name] == pytest.approx(slope, abs=1e-12)
        assert not theta_hat.requires_grad


def test_through_none_stays_at_theta():
    problem = small_cnn()
    optimizer = sgd(problem, lr=0.03)
    ahead = lookahead(problem.model, optimizer, through="none")
    for name, parameter in problem.model.named_parameters():
        assert torch.equal(ahead.parameters[name], parameter)
        assert ahead.step_sizes[name] == 0.03


def test_frozen_and_unknown_parameters_stay():
    problem = small_cnn()
    optimizer = torch.optim.SGD(problem.model[0].parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    take_plain_steps(problem, optimizer, 2)
    problem.model[0].bias.requires_grad_(False)
    ahead = lookahead(problem.model, optimizer)
    moved = {n for n, p in problem.model.named_parameters() if not torch.equal(p, ahead.parameters[n])}
    assert moved == {"0.weight"}
    assert {n for n, size in ahead.step_sizes.items() if size} == {"0.weight"}


def test_optimizer_state_gains_no_entry():
    model = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    lookahead(model, optimizer)
    assert len(optimizer.state) == 0


def test_through_none_a_group_without_a_learning_rate_counts_as_one():
    problem = small_cnn()
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1)
    optimizer.param_groups[0]["lr"] = None  # as transformers' Adafactor, which finds its own
    assert set(lookahead(problem.model, optimizer, through="none").step_sizes.values()) == {1.0}
