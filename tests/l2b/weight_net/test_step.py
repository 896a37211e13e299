"""The MW-Net family's step against the textbook's double backward, float64."""

import copy
import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from l2b import (
    BatchError,
    NonFiniteError,
    Step,
    UnsupportedOptimizerError,
    WeightNet,
    batch_mean,
    batch_share,
    weight_net_step,
)
from tests.l2b.double_backward import weight_net_gradient_by_double_backward
from tests.l2b.problems import (
    Problem,
    conv_net,
    relative_error,
    resnet18,
    same,
    samples,
    sgd,
    small_cnn,
    small_resnet,
    snapshot,
    take_plain_steps,
)

LR = 0.05


def absolute_error(logits, target):
    return 2 * (1 - torch.softmax(logits, 1).gather(1, target[:, None])[:, 0])


def weight_net_for(problem: Problem, **options) -> tuple[WeightNet, torch.optim.SGD]:
    torch.manual_seed(9)
    net = WeightNet(100).to(problem.batch[0])
    settings = {"lr": 1e-3, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4} | options
    return net, torch.optim.SGD(net.parameters(), **settings)


def flat(gradients) -> torch.Tensor:
    return torch.cat([value.flatten() for value in gradients])


@pytest.mark.parametrize("meta_loss", ["cross-entropy", "mae"])
@pytest.mark.parametrize("norm", [batch_share, batch_mean])
@pytest.mark.parametrize("network", [small_cnn, small_resnet, pytest.param(resnet18, marks=pytest.mark.slow)])
def test_the_weight_nets_gradient_equals_double_backward(network, norm, meta_loss):
    problem = network()
    optimizer = sgd(problem, lr=LR, nesterov=True)
    require_double_backward(problem, optimizer, norm, absolute_error if meta_loss == "mae" else problem.loss)


def test_under_any_optimizer_the_virtual_step_is_gradient_descent_at_its_rate():
    problem = small_cnn()
    optimizer = torch.optim.AdamW(problem.model.parameters(), lr=LR)
    take_plain_steps(problem, optimizer, 2)
    require_double_backward(problem, optimizer, batch_share, absolute_error)


def require_double_backward(problem: Problem, optimizer: torch.optim.Optimizer, norm, on_meta) -> None:
    net, net_optimizer = weight_net_for(problem)
    reference = weight_net_gradient_by_double_backward(
        problem.model, LR, net, problem.batch, problem.meta_batch,
        loss=problem.loss, meta_loss=on_meta, weight_norm=norm,
    )  # fmt: skip
    weight_net_step(
        problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch,
        loss=problem.loss, meta_loss=on_meta, weight_norm=norm,
    )  # fmt: skip
    wanted, found = flat(reference.values()), flat(parameter.grad for parameter in net.parameters())
    assert wanted.norm() > 0
    assert relative_error(found, wanted) < 1e-10


def test_a_pixels_losses_do_as_well():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.Conv2d(4, 3, 1))

    def batch(size):
        return torch.randn(size, 2, 5, 5), torch.randint(3, (size, 5, 5))

    problem = Problem(model, batch(4), batch(3), lambda o, t: F.cross_entropy(o, t, reduction="none"), None)
    problem = problem.to(torch.float64)
    net, net_optimizer = weight_net_for(problem)
    reference = weight_net_gradient_by_double_backward(
        problem.model, LR, net, problem.batch, problem.meta_batch,
        loss=problem.loss, meta_loss=problem.loss, weight_norm=batch_share,
    )  # fmt: skip
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=LR)
    done = weight_net_step(
        problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss
    )
    assert done.weights.shape == (1, 4, 5, 5)
    assert relative_error(flat(p.grad for p in net.parameters()), flat(reference.values())) < 1e-10


def test_a_step_is_the_released_order_of_steps():
    """Weight net first, then the model on weights of the stepped weight net, both by their own optimizers."""
    problem = small_cnn()
    model, (net, net_optimizer) = copy.deepcopy(problem.model), weight_net_for(problem)
    optimizer = sgd(problem, lr=LR, nesterov=True, fill=0)
    done = weight_net_step(
        problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss
    )
    other, other_optimizer = weight_net_for(problem)
    gradient = weight_net_gradient_by_double_backward(
        model, LR, other, problem.batch, problem.meta_batch,
        loss=problem.loss, meta_loss=problem.loss, weight_norm=batch_share,
    )  # fmt: skip
    for name, parameter in other.named_parameters():
        parameter.grad = gradient[name]
    other_optimizer.step()
    by_hand = Problem(model, problem.batch, problem.meta_batch, problem.loss, problem.pseudo_label)
    model_optimizer = sgd(by_hand, lr=LR, nesterov=True, fill=0)
    x, y = problem.batch
    losses = problem.loss(model(x), y)
    v = other(losses.detach()).detach()
    ((v / v.sum()) * losses).sum().backward()
    model_optimizer.step()
    torch.testing.assert_close(done.weights[0], v / v.sum(), rtol=1e-10, atol=0)
    assert done.loss == pytest.approx(((v / v.sum()) * losses).sum().item(), rel=1e-12)
    for mine, theirs in ((problem.model, model), (net, other)):  # buffers as well: statistics advance once
        for name, value in mine.state_dict().items():
            torch.testing.assert_close(value, theirs.state_dict()[name], rtol=1e-9, atol=1e-12)


def test_dropout_masks_are_those_of_the_step():
    """With the masks of the model's own step fixed, the textbook's gradient is found again."""
    torch.manual_seed(0)
    problem = samples(conv_net(dropout=0.4))
    net, net_optimizer = weight_net_for(problem)
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=LR)
    torch.manual_seed(3)
    logits = copy.deepcopy(problem.model)(problem.batch[0])
    torch.manual_seed(3)
    done = weight_net_step(
        problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss
    )
    assert torch.equal(done.logits, logits)
    v = net(problem.loss(logits, problem.batch[1]).detach()).detach()
    torch.testing.assert_close(done.weights[0], v / v.sum())


def test_frozen_and_foreign_parameters_stay():
    problem = small_cnn()
    layers = list(problem.model.children())
    layers[0].requires_grad_(False)
    optimizer = torch.optim.SGD([{"params": layers[4].parameters()}, {"params": layers[-1].parameters()}], lr=LR)
    net, net_optimizer = weight_net_for(problem)
    before = {name: value.clone() for name, value in problem.model.named_parameters()}
    weight_net_step(problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss)
    moved = {name for name, value in problem.model.named_parameters() if not torch.equal(value, before[name])}
    # the bias of "4" is followed by a BatchNorm: its gradient is 0 but for rounding
    assert moved - {"4.bias"} == {"4.weight", "10.weight", "10.bias"}
    assert all(parameter.grad.isfinite().all() for parameter in net.parameters())


@pytest.mark.parametrize("where", ["batch", "meta_batch"])
def test_a_non_finite_batch_moves_nothing(where):
    problem = small_cnn()
    net, net_optimizer = weight_net_for(problem)
    optimizer = sgd(problem)
    getattr(problem, where)[0][0, 0, 0, 0] = float("nan")
    before = [snapshot(problem.model, optimizer), snapshot(net, net_optimizer)]
    with pytest.raises(NonFiniteError, match="not finite"):
        weight_net_step(
            problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch, loss=problem.loss
        )
    assert same(before[0], snapshot(problem.model, optimizer)) == []
    assert same(before[1], snapshot(net, net_optimizer)) == []


def test_a_refused_step_of_the_model_leaves_it_as_it_was():
    problem = small_cnn()
    net, net_optimizer = weight_net_for(problem)
    optimizer = sgd(problem)
    losses = []

    def spoilt_in_the_end(logits, target):  # met by the virtual step, the forward-mode pass and the step
        losses.append(problem.loss(logits, target))
        return losses[-1] * (float("nan") if len(losses) == 3 else 1)

    before = snapshot(problem.model, optimizer)
    with pytest.raises(NonFiniteError):
        weight_net_step(
            problem.model, optimizer, net, net_optimizer, problem.batch, problem.meta_batch,
            loss=spoilt_in_the_end, meta_loss=problem.loss,
        )  # fmt: skip
    assert same(before, snapshot(problem.model, optimizer)) == []


def test_refuses_what_does_not_fit():
    problem = small_cnn()
    net, net_optimizer = weight_net_for(problem)
    short = (problem.meta_batch[0], problem.meta_batch[1][:2])

    def step(optimizer, meta_batch) -> Step:
        return weight_net_step(
            problem.model, optimizer, net, net_optimizer, problem.batch, meta_batch, loss=problem.loss
        )

    with pytest.raises(BatchError, match="meta batch has 6 inputs and 2 targets"):
        step(sgd(problem), short)
    with pytest.raises(UnsupportedOptimizerError, match="maximize=True"):
        step(torch.optim.Adam(problem.model.parameters(), maximize=True), problem.meta_batch)


def test_under_uniform_noise_the_mae_meta_gradient_is_the_clean_one_scaled():
    """E over noisy labels of the MAE meta gradient = (1 - eta) the clean one: every labelling, by its probability.

    Uniform noise including the true class, with probability eta (RMNW-Net, WACV 2021: the sum of MAE over all classes
    is constant). Cross-entropy, whose sum is not, has no such factor.
    """
    torch.manual_seed(0)
    classes, m = 3, 2
    problem = samples(conv_net(classes=classes), m=m, classes=classes)
    clean = (2, 0)

    def gradient(labels, meta_loss):
        net, net_optimizer = weight_net_for(problem)
        model = copy.deepcopy(problem.model)
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        weight_net_step(
            model, optimizer, net, net_optimizer, problem.batch, (problem.meta_batch[0], torch.tensor(labels)),
            loss=problem.loss, meta_loss=meta_loss,
        )  # fmt: skip
        return flat(parameter.grad for parameter in net.parameters())

    labellings = list(itertools.product(range(classes), repeat=m))
    for meta_loss in (absolute_error, problem.loss):
        gradients = {labels: gradient(labels, meta_loss) for labels in labellings}
        for eta in (0.0, 0.3, 0.7):
            expected = torch.zeros_like(gradients[clean])
            for labels in labellings:
                chances = [eta / classes + (1 - eta) * (a == b) for a, b in zip(labels, clean, strict=True)]
                expected += math.prod(chances) * gradients[labels]
            error = relative_error(expected, (1 - eta) * gradients[clean])
            assert error > 1e-2 if meta_loss is problem.loss and eta > 0 else error < 1e-10
