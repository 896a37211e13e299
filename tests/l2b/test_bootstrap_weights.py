"""Exact weights against the textbook double backward, several networks, float64."""

import pytest
import torch
from torch import nn

from l2b import BatchError, EngineError, NonFiniteError, UnsupportedOptimizerError, bootstrap_weights, softmax
from tests.l2b.double_backward import alignments_by_double_backward
from tests.l2b.problems import (
    Problem,
    conv_net,
    monai_unetpp,
    relative_error,
    resnet18,
    same,
    samples,
    sgd,
    small_cnn,
    smp_unetpp,
    snapshot,
    take_plain_steps,
)

NETWORKS = [small_cnn, resnet18, monai_unetpp, smp_unetpp]


def both_ways(problem: Problem, optimizer: torch.optim.SGD, *, k: int = 2, **options):
    arguments = dict(loss=problem.loss, pseudo_label=problem.pseudo_label if k == 2 else None, **options)
    ways = (problem.model, optimizer, problem.batch, problem.meta_batch)
    return bootstrap_weights(*ways, normalize=None, **arguments), alignments_by_double_backward(*ways, **arguments)


def require_equal(problem: Problem, optimizer: torch.optim.SGD, **options) -> None:
    found, reference = both_ways(problem, optimizer, **options)
    assert found.shape == reference.shape
    assert reference.norm() > 0
    assert relative_error(found, reference) < 1e-10


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("network", NETWORKS)
def test_equals_double_backward(network, k):
    problem = network()
    require_equal(problem, sgd(problem), k=k)


@pytest.mark.parametrize("lookahead", ["optimizer", "none"])
@pytest.mark.parametrize(
    "options",
    [
        {"nesterov": True},
        {"nesterov": True, "weight_decay": 0},
        {"dampening": 0.3},
        {"momentum": 0, "weight_decay": 1e-2},
        {"momentum": 0, "weight_decay": 0},
        {"fill": 0},
        {"fill": 0, "nesterov": True},
        {"fill": 0, "dampening": 0.3},
    ],
    ids=str,
)
def test_equals_double_backward_under_every_sgd(options, lookahead):
    problem = small_cnn()
    require_equal(problem, sgd(problem, **options), lookahead=lookahead)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"nesterov": True}, {"fill": 0}, {"momentum": 0}], ids=str)
@pytest.mark.parametrize("network", [resnet18, monai_unetpp, smp_unetpp])
def test_equals_double_backward_on_large_networks_under_every_sgd(network, options):
    problem = network()
    require_equal(problem, sgd(problem, **options))
    require_equal(problem, sgd(problem, **options), lookahead="none")


@pytest.mark.slow
def test_equals_double_backward_on_a_deeper_encoder():
    problem = smp_unetpp(depth=4)
    require_equal(problem, sgd(problem))


@pytest.mark.gpu
@pytest.mark.parametrize("network", NETWORKS)
def test_equals_double_backward_on_cuda(network):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    problem = network().to("cuda")
    require_equal(problem, sgd(problem))
    require_equal(problem, sgd(problem, nesterov=True), lookahead="none")


def test_frozen_and_foreign_parameters_take_no_part():
    problem = small_cnn()
    layers = list(problem.model.children())
    layers[0].requires_grad_(False)  # frozen
    optimizer = torch.optim.SGD(  # and layers[1], a BatchNorm, is in no group
        [
            {"params": layers[4].parameters(), "lr": 0.02, "weight_decay": 1e-2},
            {"params": [*layers[5].parameters(), *layers[-1].parameters()], "nesterov": True},
        ],
        lr=0.2,
        momentum=0.9,
    )
    x, y = problem.batch
    for _ in range(2):
        problem.loss(problem.model(x), y).mean().backward()
        optimizer.step()
    require_equal(problem, optimizer)
    require_equal(problem, optimizer, lookahead="none")


def test_eval_mode_uses_running_statistics():
    problem = small_cnn()
    optimizer = sgd(problem)
    in_train_mode, _ = both_ways(problem, optimizer)
    problem.model.eval()
    require_equal(problem, optimizer)
    assert relative_error(both_ways(problem, optimizer)[0], in_train_mode) > 1e-3


@pytest.mark.parametrize("network", [small_cnn, monai_unetpp])
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_alpha_equals_beta_wherever_the_labels_agree(network, mode):
    problem = network().to(torch.float32)
    x, y = problem.batch
    a = bootstrap_weights(
        problem.model, sgd(problem), problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label, normalize=None, mode=mode,
    )  # fmt: skip
    agree = (problem.pseudo_label(problem.model(x)) == y).reshape(a[0].shape)
    assert agree.any()
    assert not agree.all()
    assert torch.equal(a[0][agree], a[1][agree])
    assert not torch.equal(a[0][~agree], a[1][~agree])


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("training", [True, False])
def test_leaves_no_trace(mode, training):
    torch.manual_seed(0)
    problem = samples(conv_net(dropout=0.4))
    optimizer = sgd(problem)
    list(problem.model.parameters())[2].requires_grad_(False)
    x, y = problem.batch
    problem.loss(problem.model(x), y).mean().backward()  # leaves a .grad to be kept
    problem.model.train(training)
    problem.model[1].eval()
    before = snapshot(problem.model, optimizer)
    bootstrap_weights(
        problem.model, optimizer, problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label, mode=mode,
    )  # fmt: skip
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_works_under_no_grad_and_is_detached():
    problem = small_cnn()
    optimizer = sgd(problem)
    arguments = (problem.model, optimizer, problem.batch, problem.meta_batch)
    inside = bootstrap_weights(*arguments, loss=problem.loss)
    with torch.no_grad():
        assert torch.equal(bootstrap_weights(*arguments, loss=problem.loss), inside)
    assert not inside.requires_grad


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: ((p.batch[0][:-1], p.batch[1]), p.meta_batch), "batch has 7 inputs and 8 targets"),
        (lambda p: (p.batch, (p.meta_batch[0], p.meta_batch[1][:2])), "meta batch has 6 inputs and 2 targets"),
        (lambda p: ((p.batch[0][:0], p.batch[1][:0]), p.meta_batch), "batch has 0 inputs"),
        (lambda p: (p.batch, (p.meta_batch[0][:0], p.meta_batch[1][:0])), "meta batch has 0 inputs"),
        (lambda p: ((p.batch[0], torch.tensor(1)), p.meta_batch), "batch has 8 inputs and 0 targets"),
    ],
)
def test_refuses_batches_that_do_not_fit(spoil, words):
    problem = small_cnn()
    batch, meta_batch = spoil(problem)
    with pytest.raises(BatchError, match=words):
        bootstrap_weights(problem.model, sgd(problem), batch, meta_batch, loss=problem.loss)


@pytest.mark.parametrize("where", ["batch", "meta_batch"])
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_non_finite_input_is_an_error_and_leaves_no_trace(where, mode):
    problem = small_cnn()
    optimizer = sgd(problem)
    getattr(problem, where)[0][0, 0, 0, 0] = float("nan")
    before = snapshot(problem.model, optimizer)
    with pytest.raises(NonFiniteError, match="not finite"):
        bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss, mode=mode)
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_unknown_choices_are_refused():
    problem = small_cnn()
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    with pytest.raises(ValueError, match="mode 'quick' is unknown"):
        bootstrap_weights(*arguments, loss=problem.loss, mode="quick")
    with pytest.raises(ValueError, match="lookahead 'both' is unknown"):
        bootstrap_weights(*arguments, loss=problem.loss, lookahead="both")


def test_optimizer_is_checked():
    problem = small_cnn()
    optimizer = torch.optim.Adam(problem.model.parameters())
    with pytest.raises(UnsupportedOptimizerError, match="Adam") as caught:
        bootstrap_weights(problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss)
    assert caught.value.use == {"lookahead": "none"}


ANY_OPTIMIZER = [
    torch.optim.AdamW,
    lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.9),
    lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
]


@pytest.mark.parametrize("build", ANY_OPTIMIZER, ids=["AdamW", "RMSprop", "SGD"])
@pytest.mark.parametrize("network", NETWORKS)
def test_any_optimizer_equals_double_backward_without_lookahead(network, build):
    """Of two groups with a learning rate each, one of them with a frozen parameter."""
    problem = network()
    parameters = list(problem.model.parameters())
    half = len(parameters) // 2
    optimizer = build([{"params": parameters[:half], "lr": 0.03}, {"params": parameters[half:]}])
    take_plain_steps(problem, optimizer, 2)
    parameters[0].requires_grad_(False)
    before = snapshot(problem.model, optimizer)
    require_equal(problem, optimizer, lookahead="none")
    assert same(before, snapshot(problem.model, optimizer)) == []


class _NoForwardMode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient


class _Doubled(nn.Module):
    def forward(self, x):
        return _NoForwardMode.apply(x)


def test_model_without_forward_mode_is_sent_to_fast():
    torch.manual_seed(0)
    problem = samples(nn.Sequential(conv_net(), _Doubled()))
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    with pytest.raises(EngineError, match="use mode='fast'") as caught:
        bootstrap_weights(*arguments, loss=problem.loss)
    assert caught.value.use == {"mode": "fast"}
    fast = bootstrap_weights(*arguments, loss=problem.loss, mode="fast", normalize=None)
    reference = alignments_by_double_backward(*arguments, loss=problem.loss)
    assert relative_error(fast, reference) < 1e-2


def test_normaliser_is_applied():
    problem = small_cnn()
    arguments = (problem.model, sgd(problem), problem.batch, problem.meta_batch)
    a = bootstrap_weights(*arguments, loss=problem.loss, normalize=None)
    assert torch.equal(bootstrap_weights(*arguments, loss=problem.loss, normalize=softmax(0.1)), softmax(0.1)(a))
