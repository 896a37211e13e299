"""Under bfloat16 autocast the step's own passes are coarse; the weights are not."""

import pytest
import torch
from torch import nn

from l2b import EngineError, bootstrap_weights, finite_difference, shifted, train_step, weight_net_step
from tests.l2b.problems import Problem, conv_net, monai_unetpp, relative_error, resnet18, samples, sgd, small_resnet
from tests.l2b.weight_net.test_step import flat, weight_net_for

BOUND = 0.02
"""Of mode="fast" against exact float32 alignments; measured: 0.001 to 0.008, under autocast as without."""


def coarse() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def small_cnn() -> Problem:
    torch.manual_seed(0)
    return samples(conv_net(dropout=0.3), b=16)


class Inside(nn.Module):
    """A model that turns autocast on by itself."""

    def __init__(self, net: nn.Module, *, raised: bool) -> None:
        super().__init__()
        self.net = net
        self.raised = raised

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with coarse():
            logits = self.net(x)
        return logits.float() if self.raised else logits


def call(network):
    """Arguments and options of a step on the problem of a network, in single precision."""
    problem = network().to(torch.float32)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    return (problem.model, sgd(problem), problem.batch, problem.meta_batch), options


@pytest.mark.parametrize("network", [small_cnn, small_resnet, resnet18, monai_unetpp])
def test_weights_are_those_without_autocast(network):
    arguments, options = call(network)
    options["normalize"] = None
    exact = bootstrap_weights(*arguments, **options)
    with coarse():
        assert torch.equal(bootstrap_weights(*arguments, **options), exact)
        fast = bootstrap_weights(*arguments, **options, mode="fast")
    assert fast.any()
    assert relative_error(fast, exact) < BOUND


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_a_steps_weights_are_those_without_autocast(mode):
    arguments, options = call(small_cnn)
    options["mode"] = mode
    fine = bootstrap_weights(*arguments, **options)
    with coarse():
        step = train_step(*arguments, **options)
    assert torch.equal(step.weights, fine)
    assert not step.no_weight
    assert step.loss > 0
    assert step.logits.dtype == torch.bfloat16  # the step itself is as coarse as asked for


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_a_steps_losses_are_of_the_pseudo_labels_that_were_weighed(mode):
    problem = small_cnn().to(torch.float32)
    met = []

    def loss(logits, target):
        met.append((logits.dtype, target))
        return problem.loss(logits, target)

    def last_digits(logits):  # others in bfloat16
        return (logits.float() * 1e4).round().long().sum(1) % 4

    with coarse():
        train_step(
            problem.model, sgd(problem), problem.batch, problem.meta_batch,
            loss=loss, pseudo_label=last_digits, mode=mode,
        )  # fmt: skip
    (fine, weighed), (coarse_one, trained_on) = met[2], met[4]
    assert (fine, coarse_one) == (torch.float32, torch.bfloat16)
    assert torch.equal(weighed, trained_on)


def test_one_autocast_around_several_steps_casts_the_moved_parameters():
    moved = []
    for contexts in (1, 2):
        problem = small_cnn().to(torch.float32)
        optimizer = sgd(problem)
        for _ in range(contexts):
            with coarse():
                for _ in range(2 // contexts):
                    train_step(
                        problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss, warm_up=True
                    )
        moved.append([parameter.detach() for parameter in problem.model.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*moved, strict=True))


@pytest.mark.parametrize("raised", [True, False])
def test_autocast_inside_the_model(raised):
    problem = small_cnn().to(torch.float32)
    optimizer = sgd(problem)
    options = {"loss": problem.loss, "normalize": None}
    reference = bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, **options)
    arguments = (Inside(problem.model, raised=raised), optimizer, problem.batch, problem.meta_batch)
    assert relative_error(bootstrap_weights(*arguments, **options).float(), reference) < 0.05
    for verb in (bootstrap_weights, train_step):
        with pytest.raises(EngineError, match=r"computes in torch\.bfloat16") as caught:
            verb(*arguments, loss=problem.loss, mode="fast")
        assert caught.value.use == {"mode": "exact"}


def test_a_model_of_coarse_parameters_is_sent_to_exact():
    problem = small_cnn().to(torch.bfloat16)
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    with pytest.raises(EngineError, match="use mode='exact'"):
        train_step(*arguments, loss=problem.loss, mode="fast")
    assert train_step(*arguments, loss=problem.loss).loss > 0


def test_no_difference_of_coarse_logits():
    problem = small_cnn().to(torch.float32)
    x, y = problem.batch
    there = shifted(problem.model, {"0.weight": torch.ones_like(problem.model[0].weight)}, x)
    with pytest.raises(EngineError, match="rounding alone"):
        finite_difference(there, problem.model(x).bfloat16(), y, loss=problem.loss)


def test_inputs_made_under_autocast_are_raised():
    problem = small_cnn().to(torch.float32)
    optimizer = sgd(problem)
    given, meta = ((x.bfloat16(), y) for x, y in (problem.batch, problem.meta_batch))
    fine = bootstrap_weights(problem.model, optimizer, *((x.float(), y) for x, y in (given, meta)), loss=problem.loss)
    with coarse():
        assert torch.equal(train_step(problem.model, optimizer, given, meta, loss=problem.loss).weights, fine)


def test_the_weight_nets_gradient_is_that_without_autocast():
    found = []
    for context in (torch.autocast("cpu", enabled=False), coarse()):
        problem = small_cnn().to(torch.float32)
        (net, net_optimizer), optimizer = weight_net_for(problem), sgd(problem)
        with context:
            step = weight_net_step(
                problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss
            )
        found.append((flat(p.grad for p in net.parameters()), step.weights))
    (gradient, weights), (under, weights_under) = found
    assert gradient.any()
    assert torch.equal(under, gradient)
    assert torch.equal(weights_under, weights)
