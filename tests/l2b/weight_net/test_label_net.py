"""The net of alpha and beta against the textbook's double backward, float64, for samples and pixels."""

import copy

import pytest
import torch
from torch import Tensor, nn

from l2b import LabelWeightNet, NonFiniteError, batch_share, learnt, train_step
from tests.l2b.double_backward import label_net_gradient_by_double_backward
from tests.l2b.problems import (
    Problem,
    pixels,
    relative_error,
    same,
    sgd,
    small_cnn,
    small_resnet,
    snapshot,
)

LR = 0.05
PRIOR = (0.7, 0.2, 0.1)


def small_fcn() -> Problem:
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1)
    return pixels(nn.Sequential(*layers), size=9)


def features_of(problem: Problem) -> Tensor:
    """Losses of both labels under the network as it is, (B, *E, 3) with whether they are the same label."""
    x, y = problem.batch
    with torch.no_grad():
        logits = copy.deepcopy(problem.model).eval()(x)
    losses = [problem.loss(logits, y), problem.loss(logits, problem.pseudo_label(logits))]
    return torch.stack([*losses, (losses[0] == losses[1]).to(losses[0])], -1)


def label_net_for(problem: Problem, *, learnt_before: bool = True) -> tuple[LabelWeightNet, torch.optim.Adam]:
    torch.manual_seed(9)
    net = LabelWeightNet(3, 7, PRIOR).to(problem.batch[0])
    if learnt_before:  # a last layer that is not 0 lets a gradient through to the first
        nn.init.normal_(net.last.weight)
    return net, torch.optim.Adam(net.parameters(), lr=1e-3)


def step(problem: Problem, optimizer, net_and_optimizer, seen: Tensor, **over):
    """A step weighed by the net, and the alignments it learnt from."""
    taken: list[Tensor] = []
    normalize = learnt(*net_and_optimizer, seen, **over)
    done = train_step(
        problem.model, optimizer, problem.batch, problem.meta_batch, loss=problem.loss,
        pseudo_label=problem.pseudo_label, normalize=lambda a: taken.append(a) or normalize(a),
    )  # fmt: skip
    return done, taken[0]


def flat(values) -> Tensor:
    return torch.cat([value.flatten() for value in values])


@pytest.mark.parametrize("make", [small_cnn, small_resnet, small_fcn], ids=lambda make: make.__name__)
@pytest.mark.parametrize("options", [{"momentum": 0.0, "weight_decay": 0.0}, {"nesterov": True}], ids=["plain", "sgd"])
def test_its_gradient_is_the_double_backwards(make, options):
    problem = make()
    optimizer, seen = sgd(problem, lr=LR, **options), features_of(problem)
    net, net_optimizer = label_net_for(problem)
    reference = label_net_gradient_by_double_backward(
        problem.model, optimizer, lambda: batch_share(net(seen)[:2].exp()), net, problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label,
    )  # fmt: skip
    done, a = step(problem, optimizer, (net, net_optimizer), seen)
    assert done.weights.shape == a.shape == (2, *seen.shape[:-1])
    found, wanted = flat(p.grad for p in net.parameters()) * a.square().mean().sqrt(), flat(reference)
    assert wanted.norm() > 0
    assert relative_error(found, wanted) < 1e-10


def test_the_pull_is_a_mean_divergence_from_the_prior():
    """Its gradient is that of the mean over elements of sum V log(V / prior), and no other part of it is left."""
    problem = small_cnn()
    seen, gradients = features_of(problem), []
    for pull in (0.0, 0.5):
        net, net_optimizer = label_net_for(problem)
        again = small_cnn()
        step(again, sgd(again, lr=LR), (net, net_optimizer), seen, pull=pull)
        gradients.append(flat(p.grad for p in net.parameters()))
    net, _ = label_net_for(problem)
    shares, prior = net(seen).exp(), torch.tensor(PRIOR).to(seen)
    divergence = torch.stack([v * torch.log(v / p) for v, p in zip(shares, prior, strict=True)]).sum(0).mean()
    wanted = flat(torch.autograd.grad(divergence, list(net.parameters())))
    torch.testing.assert_close(gradients[1] - gradients[0], 0.5 * wanted)


def test_it_starts_at_the_prior_and_its_weights_are_a_batchs_share():
    net = LabelWeightNet(3, 7, PRIOR)
    shares = net(torch.randn(4, 5, 6, 3)).exp()
    assert shares.shape == (3, 4, 5, 6)
    torch.testing.assert_close(shares.flatten(1), torch.tensor(PRIOR)[:, None].expand(3, 120))
    assert net(torch.randn(0, 3)).shape == (3, 0)
    problem = small_cnn()
    own = label_net_for(problem, learnt_before=False)
    for group in own[1].param_groups:
        group["lr"] = 0.0
    done, a = step(problem, sgd(problem), own, features_of(problem))
    torch.testing.assert_close(done.weights, torch.tensor([[0.7], [0.2]]).to(a).expand_as(a) / 0.9 / 8)


def test_weights_are_of_the_net_after_its_step():
    problem = small_cnn()
    own, seen = label_net_for(problem), features_of(problem)
    before = batch_share(own[0](seen)[:2].exp())
    done, _ = step(problem, sgd(problem), own, seen)
    torch.testing.assert_close(done.weights, batch_share(own[0](seen)[:2].exp()))
    assert not torch.allclose(done.weights, before)


def test_a_net_that_only_learns_leaves_the_step_plain():
    problem, plain = small_cnn(), small_cnn()
    own, seen = label_net_for(problem), features_of(problem)
    before = flat(own[0].parameters()).clone()
    done, _ = step(problem, sgd(problem), own, seen, used=False)
    assert not flat(own[0].parameters()).equal(before)
    assert done.weights[0].eq(1 / 8).all()
    assert not done.weights[1].any()
    train_step(plain.model, sgd(plain), plain.batch, plain.meta_batch, loss=plain.loss, warm_up=True)
    torch.testing.assert_close(flat(problem.model.parameters()), flat(plain.model.parameters()))


def test_it_learns_which_elements_follow_the_clean_batch():
    """Labels of half the elements are wrong, which a feature tells: it comes to give them less than the others."""
    problem = small_cnn()
    (x, y), wrong = problem.batch, torch.arange(8) % 2 == 0
    problem.batch = x, torch.where(wrong, (y + 1) % 4, y)
    problem.meta_batch = x, y
    seen = torch.stack([wrong, ~wrong, torch.zeros(8, dtype=torch.bool)], -1).to(x)
    net, _ = label_net_for(problem, learnt_before=False)
    own, optimizer = (net, torch.optim.Adam(net.parameters(), lr=0.05)), sgd(problem, lr=0.01)
    for _ in range(30):
        done, _ = step(problem, optimizer, own, seen)
    assert done.weights[0, wrong].max() < 0.2 * done.weights[0, ~wrong].min()


def test_alignments_that_are_all_0_leave_no_nan():
    problem = small_cnn()
    for parameter in problem.model.parameters():
        parameter.requires_grad_(False)
    own = label_net_for(problem)
    weights = learnt(*own, features_of(problem), pull=0.1)(torch.zeros(2, 8, dtype=torch.float64))
    assert weights.isfinite().all()
    assert all(parameter.isfinite().all() for parameter in own[0].parameters())


def test_a_non_finite_meta_batch_moves_nothing():
    problem = small_cnn()
    optimizer, own, seen = sgd(problem), label_net_for(problem), features_of(problem)
    problem.meta_batch[0][0, 0, 0, 0] = float("nan")
    before = [snapshot(problem.model, optimizer), snapshot(*own)]
    with pytest.raises(NonFiniteError, match="not finite"):
        step(problem, optimizer, own, seen)
    assert same(before[0], snapshot(problem.model, optimizer)) == []
    assert same(before[1], snapshot(*own)) == []


@pytest.mark.parametrize("wrong", [(0, 7, PRIOR), (3, 0, PRIOR), (3, 7, (1.0, 0.0, 0.1))])
def test_refuses_sizes_and_priors_that_are_not_positive(wrong):
    with pytest.raises(ValueError, match="all must be above 0"):
        LabelWeightNet(*wrong)
