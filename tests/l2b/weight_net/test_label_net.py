"""The net of alpha and beta against the textbook's double backward, float64, for samples and pixels."""

import copy

import pytest
import torch
from torch import Tensor, nn

from l2b import LabelWeightNet, NonFiniteError, learnt, train_step
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
PRIOR = 0.2


def small_fcn() -> Problem:
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1)
    return pixels(nn.Sequential(*layers), size=9)


def features_of(problem: Problem) -> Tensor:
    """Losses of both labels under the network in eval mode, whose labels are the problem's pseudo-labels from now on.

    (B, *E, 3): given label's, pseudo-label's, whether they are the same label, which those of the first row are.
    """
    x, y = problem.batch
    with torch.no_grad():
        logits = copy.deepcopy(problem.model).eval()(x)
    pseudo = problem.pseudo_label(logits)
    problem.pseudo_label = lambda logits: pseudo
    y[0] = pseudo[0]
    losses = [problem.loss(logits, y), problem.loss(logits, pseudo)]
    return torch.stack([*losses, (losses[0] == losses[1]).to(losses[0])], -1)


def label_net_for(problem: Problem, *, learnt_before: bool = True) -> tuple[LabelWeightNet, torch.optim.Adam]:
    torch.manual_seed(9)
    net = LabelWeightNet(3, 7, PRIOR).to(problem.batch[0])
    if learnt_before:  # a last layer that is not 0 lets a gradient through to the first
        nn.init.normal_(net.layers[2].weight)
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


def weights_of(net: LabelWeightNet, seen: Tensor) -> Tensor:
    """alpha and beta by the formula; the last feature says that both labels are the same."""
    beta = net(seen) * (1 - seen[..., 2])
    return torch.stack([1 - beta, beta]) / beta.numel()


@pytest.mark.parametrize("make", [small_cnn, small_resnet, small_fcn], ids=lambda make: make.__name__)
@pytest.mark.parametrize("options", [{"momentum": 0.0, "weight_decay": 0.0}, {"nesterov": True}], ids=["plain", "sgd"])
def test_its_gradient_is_the_double_backwards(make, options):
    problem = make()
    optimizer, seen = sgd(problem, lr=LR, **options), features_of(problem)
    net, net_optimizer = label_net_for(problem)
    reference = label_net_gradient_by_double_backward(
        problem.model, optimizer, lambda: weights_of(net, seen), net, problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label,
    )  # fmt: skip
    done, a = step(problem, optimizer, (net, net_optimizer), seen)
    assert done.weights.shape == a.shape == (2, *seen.shape[:-1])
    preferred = (a[1] - a[0])[a[1] != a[0]]
    found, wanted = flat(p.grad for p in net.parameters()) * preferred.square().mean().sqrt(), flat(reference)
    assert 0 < len(preferred) < a[0].numel()
    assert wanted.norm() > 0
    assert relative_error(found, wanted) < 1e-10


def test_the_pull_is_a_divergence_from_the_prior_where_the_labels_differ():
    gradients = []
    for pull in (0.0, 0.5):
        problem = small_cnn()
        seen, (net, net_optimizer) = features_of(problem), label_net_for(problem)
        step(problem, sgd(problem, lr=LR), (net, net_optimizer), seen, pull=pull)
        gradients.append(flat(p.grad for p in net.parameters()))
    net, _ = label_net_for(problem)
    v = net(seen)
    divergence = v * torch.log(v / PRIOR) + (1 - v) * torch.log((1 - v) / (1 - PRIOR))
    wanted = flat(torch.autograd.grad((divergence * (1 - seen[..., 2])).mean(), list(net.parameters())))
    torch.testing.assert_close(gradients[1] - gradients[0], 0.5 * wanted)


def test_with_a_pull_it_ends_at_the_priors_odds_and_the_mean_preference():
    """All elements alike, one in four preferred the other way: log odds = prior's + mean preference / pull."""
    net = LabelWeightNet(1, 3, PRIOR)
    optimizer, preferred = torch.optim.SGD(net.parameters(), lr=5.0), torch.tensor([1.0, 1.0, 1.0, -1.0])
    for _ in range(300):
        weights = learnt(net, optimizer, torch.ones(4, 1), pull=0.5)(torch.stack([torch.zeros(4), preferred]))
    odds = torch.tensor(PRIOR / (1 - PRIOR)).log() + 0.5 / 0.5
    torch.testing.assert_close(4 * weights[1], torch.sigmoid(odds).expand(4), rtol=1e-3, atol=0)


def test_it_starts_at_its_prior_and_is_its_formula():
    net = LabelWeightNet(3, 7, PRIOR)
    seen = torch.randn(4, 5, 6, 3)
    torch.testing.assert_close(net(seen), torch.full((4, 5, 6), PRIOR))
    assert net(seen[:0]).shape == (0, 5, 6)
    nn.init.normal_(net.layers[2].weight)
    first, last = net.layers[0], net.layers[2]
    hidden = (first.weight @ seen[1, 2, 3] + first.bias).clamp_min(0)
    torch.testing.assert_close(net(seen)[1, 2, 3], torch.sigmoid(hidden @ last.weight[0] + last.bias[0]))


def test_weights_are_of_the_net_after_its_step():
    problem = small_cnn()
    own, seen = label_net_for(problem), features_of(problem)
    before = weights_of(own[0], seen)
    done, _ = step(problem, sgd(problem), own, seen)
    torch.testing.assert_close(done.weights, weights_of(own[0], seen))
    assert not torch.allclose(done.weights, before)
    assert done.weights[1].eq(0).equal(seen[:, 2] == 1)


def test_it_learns_which_labels_follow_the_clean_batch():
    """Half the given labels are wrong, the others' pseudo-labels are; a feature tells which."""
    problem = small_cnn()
    (x, y), wrong = problem.batch, torch.arange(8) % 2 == 0
    problem.batch, problem.meta_batch = (x, torch.where(wrong, (y + 1) % 4, y)), (x, y)
    problem.pseudo_label = lambda logits: torch.where(wrong, y, (y + 1) % 4)
    seen = torch.stack([wrong, ~wrong, torch.zeros(8, dtype=torch.bool)], -1).to(x)
    net, _ = label_net_for(problem, learnt_before=False)
    own, optimizer = (net, torch.optim.Adam(net.parameters(), lr=0.05)), sgd(problem, lr=0.01)
    for _ in range(30):
        done, _ = step(problem, optimizer, own, seen)
    assert done.weights[1, wrong].min() > 0.8 / 8
    assert done.weights[0, ~wrong].min() > 0.8 / 8


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_neither_no_preference_nor_its_size_makes_a_nan(scale):
    problem = small_cnn().to(torch.float32)
    own, seen = label_net_for(problem), features_of(problem)
    before = flat(own[0].parameters()).clone()
    a = scale * torch.stack([torch.zeros(8), torch.arange(8.0)])
    weights = learnt(*own, seen)(a)
    assert weights.sum() == pytest.approx(1)
    after = flat(own[0].parameters())
    assert after.isfinite().all()
    assert after.equal(before) == (scale == 0)


def test_a_non_finite_meta_batch_moves_nothing():
    problem = small_cnn()
    optimizer, own, seen = sgd(problem), label_net_for(problem), features_of(problem)
    problem.meta_batch[0][0, 0, 0, 0] = float("nan")
    before = [snapshot(problem.model, optimizer), snapshot(*own)]
    with pytest.raises(NonFiniteError, match="not finite"):
        step(problem, optimizer, own, seen)
    assert same(before[0], snapshot(problem.model, optimizer)) == []
    assert same(before[1], snapshot(*own)) == []


@pytest.mark.parametrize("wrong", [(0, 7, PRIOR), (3, 0, PRIOR), (3, 7, 0.0), (3, 7, 1.0)])
def test_refuses_sizes_and_priors_out_of_range(wrong):
    with pytest.raises(ValueError, match="the prior share between 0 and 1"):
        LabelWeightNet(*wrong)
