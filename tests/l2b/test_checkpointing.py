"""Models that recompute their activations in the backward pass (torch.utils.checkpoint)."""

import functools
import warnings

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from l2b import EngineError, batch_share, bootstrap_weights, train_step, weight_net_step
from tests.l2b.double_backward import alignments_by_double_backward, weight_net_gradient_by_double_backward
from tests.l2b.problems import Problem, conv_net, relative_error, resnet18, same, samples, sgd, snapshot
from tests.l2b.weight_net.test_step import flat, weight_net_for

LR = 0.05


def conv_blocks(dropout: float = 0.0) -> Problem:
    """Three blocks, two of them with batch norm."""
    torch.manual_seed(0)
    layers = conv_net(dropout)
    return samples(nn.Sequential(layers[:4], layers[4:8], layers[8:]))


def blocks_of(model: nn.Module) -> list[nn.Module]:
    if isinstance(model, nn.Sequential):
        return list(model)[:2]
    return [block for stage in (model.layer1, model.layer2, model.layer3, model.layer4) for block in stage]


def recompute(blocks: list[nn.Module], *, reentrant: bool = False) -> None:
    for block in blocks:
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=reentrant)


@pytest.mark.parametrize(
    ("network", "lookahead"), [(conv_blocks, "optimizer"), (conv_blocks, "none"), (resnet18, "optimizer")]
)
def test_weights_equal_double_backward(network, lookahead):
    problem = network()
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label, "lookahead": lookahead}
    reference = alignments_by_double_backward(*arguments, **options)
    plain_fast = bootstrap_weights(*arguments, **options, normalize=None, mode="fast")
    recompute(blocks_of(problem.model))
    assert relative_error(bootstrap_weights(*arguments, **options, normalize=None), reference) < 1e-10
    fast = bootstrap_weights(*arguments, **options, normalize=None, mode="fast")
    assert relative_error(fast, plain_fast) < 1e-6  # rounding over the small distance


@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_steps_are_those_without(mode):
    """Dropout included. torch's own recomputation advances running statistics a second time: not compared."""
    done = []
    for recomputing in (False, True):
        problem = conv_blocks(dropout=0.4)
        optimizer = sgd(problem)
        if recomputing:
            recompute(blocks_of(problem.model))
        torch.manual_seed(5)
        for _ in range(3):
            step = train_step(
                problem.model, optimizer, problem.batch, problem.meta_batch,
                loss=problem.loss, pseudo_label=problem.pseudo_label, mode=mode, clean_share=0.2,
            )  # fmt: skip
        done.append((step.weights, *problem.model.parameters()))
    for plain, recomputed in zip(*done, strict=True):
        torch.testing.assert_close(recomputed, plain, rtol=1e-6, atol=1e-9)


def test_the_weight_nets_gradient_equals_double_backward():
    problem = conv_blocks()
    net, net_optimizer = weight_net_for(problem)
    ways = (problem.batch, problem.meta_batch)
    optimizer = sgd(problem, lr=LR)
    reference = weight_net_gradient_by_double_backward(
        problem.model, LR, net, *ways, loss=problem.loss, meta_loss=problem.loss, weight_norm=batch_share
    )
    recompute(blocks_of(problem.model))
    weight_net_step(problem.model, optimizer, net, net_optimizer, *ways, loss=problem.loss)
    assert relative_error(flat(p.grad for p in net.parameters()), flat(reference.values())) < 1e-10


@pytest.mark.parametrize("first", [0, 1], ids=["first block", "second block"])
@pytest.mark.parametrize("verb", [bootstrap_weights, train_step, weight_net_step])
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_the_reentrant_way_is_refused_unmoved(verb, mode, first):
    """torch hides the parameters of such a block; where its input needs no gradient it only warns."""
    problem = conv_blocks()
    optimizer = sgd(problem)
    net, net_optimizer = weight_net_for(problem)
    recompute(blocks_of(problem.model)[first:], reentrant=True)
    before = [snapshot(problem.model, optimizer), snapshot(net, net_optimizer)]
    nets = (net, net_optimizer) if verb is weight_net_step else ()
    options = {} if verb is weight_net_step else {"mode": mode}
    with pytest.raises(EngineError, match="use_reentrant=False"):
        verb(problem.model, optimizer, *nets, problem.batch, problem.meta_batch, loss=problem.loss, **options)
    assert same(before[0], snapshot(problem.model, optimizer)) == []
    assert same(before[1], snapshot(net, net_optimizer)) == []


def test_the_reentrant_way_is_no_matter_where_nothing_is_hidden():
    problem = conv_blocks()
    first = blocks_of(problem.model)[0]
    first.requires_grad_(False)
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    reference = alignments_by_double_backward(*arguments, loss=problem.loss)
    recompute([first], reentrant=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch: none of the inputs have requires_grad
        found = bootstrap_weights(*arguments, loss=problem.loss, normalize=None)
        train_step(*arguments, loss=problem.loss, warm_up=True)
    assert relative_error(found, reference) < 1e-10
