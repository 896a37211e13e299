"""The paper's theorems (L2B, CVPR 2024, appendix 7.1 and 7.3) as tests, float64."""

import copy

import pytest
import torch

from l2b import bootstrap_weights, candidate_losses, train_step
from l2b_cls.losses import bootstrap_hard
from tests.l2b.problems import monai_unetpp, small_cnn, small_resnet

EACH_PROBLEM = pytest.mark.parametrize("make", [small_cnn, small_resnet, monai_unetpp])
SMALL = 1e-4


def meta_loss(problem) -> float:
    x, y = problem.meta_batch
    with torch.no_grad():
        return float(problem.loss(copy.deepcopy(problem.model)(x), y).mean())


def step_of(problem, lr=SMALL, **options):
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=lr)
    return train_step(
        problem.model,
        optimizer,
        problem.batch,
        problem.meta_batch,
        loss=problem.loss,
        pseudo_label=problem.pseudo_label,
        **options,
    )


@EACH_PROBLEM
@pytest.mark.parametrize("seed", range(3))
def test_a_small_enough_step_lowers_the_meta_loss(make, seed):
    """7.3: by sum w a to first order, which is above 0 as long as one alignment is."""
    problem = make()
    x, y = problem.batch
    problem.batch = x, y[torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))]  # whatever is given
    optimizer = torch.optim.SGD(problem.model.parameters(), lr=SMALL)
    arguments = (problem.model, optimizer, problem.batch, problem.meta_batch)
    options = {"loss": problem.loss, "pseudo_label": problem.pseudo_label}
    a = bootstrap_weights(*arguments, normalize=None, **options)
    assert (a > 0).any()
    before = meta_loss(problem)
    done = step_of(problem)
    fallen = before - meta_loss(problem)
    assert fallen > 0
    assert fallen == pytest.approx(float((done.weights * a).sum()), rel=0.02)


@EACH_PROBLEM
def test_it_stands_still_where_the_gradient_of_the_weights_is_zero(make):
    problem = make()
    start = copy.deepcopy(problem.model.state_dict())
    before = meta_loss(problem)
    done = step_of(problem, meta_loss=lambda logits, y: 0 * problem.loss(logits, y))
    assert done.no_weight
    parameters = dict(problem.model.named_parameters())
    assert all(value.equal(start[key]) for key, value in parameters.items())
    assert meta_loss(problem) == pytest.approx(before, rel=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_weights_of_sum_one_are_the_bootstrapping_loss(share):
    """7.1: alpha on the given label and 1 - alpha on the own one, value and gradient."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(9, 5, generator=draw, dtype=torch.float64, requires_grad=True)
    y = torch.randint(5, (9,), generator=draw)

    def cross_entropy(logits, target):
        return torch.nn.functional.cross_entropy(logits, target, reduction="none")

    losses = candidate_losses(logits, y, cross_entropy, lambda logits: logits.argmax(1))
    weights = torch.tensor([share, 1 - share], dtype=torch.float64)[:, None].expand(2, 9) / 9
    ours, theirs = (weights * losses).sum(), bootstrap_hard(share)(logits, y).mean()
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(*(torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (ours, theirs)))
