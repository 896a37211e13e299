"""On the classification networks, alpha, beta and the weight net's gradient equal the textbook's double backward."""

import pytest
import torch

from l2b import WeightNet, batch_share, bootstrap_weights, weight_net_step
from l2b_cls.config import NetworkSettings
from l2b_cls.losses import cross_entropy, mae, mixed_target
from l2b_cls.networks import build_network
from tests.l2b.double_backward import alignments_by_double_backward, weight_net_gradient_by_double_backward
from tests.l2b.problems import Problem, relative_error, sgd

NETWORKS = ["small-cnn", "resnet32", pytest.param("preact-resnet18", marks=pytest.mark.slow)]


def problem_of(architecture: str) -> Problem:
    torch.manual_seed(0)
    model = build_network(NetworkSettings(architecture=architecture, widths=[4, 6, 8]), classes=3, channels=3)
    batch = torch.randn(6, 3, 16, 16), torch.tensor([0, 1, 2, 0, 1, 2])
    meta_batch = torch.randn(5, 3, 16, 16), torch.tensor([2, 1, 0, 1, 0])
    problem = Problem(model.train(), batch, meta_batch, cross_entropy, lambda logits: logits.argmax(1))
    return problem.to(torch.float64)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("architecture", NETWORKS)
def test_alpha_and_beta(architecture, mixed):
    problem = problem_of(architecture)
    optimizer = sgd(problem)
    images, labels = problem.batch
    target = mixed_target(labels, labels.flip(0), 0.4, 3).double() if mixed else labels
    ways = (problem.model, optimizer, (images, target), problem.meta_batch)
    options = {"loss": cross_entropy, "pseudo_label": problem.pseudo_label}
    found, reference = (
        bootstrap_weights(*ways, normalize=None, **options),
        alignments_by_double_backward(*ways, **options),
    )
    assert found.shape == (2, 6)
    assert relative_error(found, reference) < 1e-10


@pytest.mark.parametrize("architecture", NETWORKS)
def test_the_weight_nets_gradient(architecture):
    problem = problem_of(architecture)
    optimizer = sgd(problem, nesterov=True)
    torch.manual_seed(1)
    net = WeightNet(20).double()
    ways = (problem.batch, problem.meta_batch)
    reference = weight_net_gradient_by_double_backward(
        problem.model, 0.05, net, *ways, loss=cross_entropy, meta_loss=mae, weight_norm=batch_share
    )
    net_optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    weight_net_step(problem.model, optimizer, net, net_optimizer, *ways, loss=cross_entropy, meta_loss=mae)
    for name, parameter in net.named_parameters():
        assert relative_error(parameter.grad, reference[name]) < 1e-10
