"""Against `higher` 0.2.1, through which the released code takes its weights, in float32."""

import pytest
import torch

from l2b import bootstrap_weights, candidate_losses
from tests.l2b.problems import Problem, monai_unetpp, relative_error, resnet18, sgd, small_cnn, smp_unetpp

higher = pytest.importorskip("higher", reason="higher is in the dev extra: pip install -e '.[dev]'")


def alignments_by_higher(problem: Problem, optimizer: torch.optim.SGD) -> torch.Tensor:
    (x, y), (x_meta, y_meta) = problem.batch, problem.meta_batch
    with higher.innerloop_ctx(problem.model, optimizer) as (copied, differentiable):
        losses = candidate_losses(copied(x), y, problem.loss, problem.pseudo_label)
        weights = torch.zeros_like(losses, requires_grad=True)
        differentiable.step((weights * losses).sum())
        return -torch.autograd.grad(problem.loss(copied(x_meta), y_meta).mean(), weights)[0]


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("network", [small_cnn, resnet18, monai_unetpp, smp_unetpp])
def test_equals_higher(network, nesterov):
    problem = network().to(torch.float32)
    optimizer = sgd(problem, nesterov=nesterov)
    a = bootstrap_weights(
        problem.model, optimizer, problem.batch, problem.meta_batch,
        loss=problem.loss, pseudo_label=problem.pseudo_label, normalize=None,
    )  # fmt: skip
    assert relative_error(a, alignments_by_higher(problem, optimizer)) < 1e-3
