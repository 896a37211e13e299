"""The weight net and the two ways to a batch's weights."""

import pytest
import torch
from torch import nn

from l2b import WeightNet, batch_mean, batch_share


def test_is_its_formula_for_every_shape() -> None:
    torch.manual_seed(0)
    net = WeightNet(7)
    first, last = (layer for layer in net.layers if isinstance(layer, nn.Linear))
    losses = torch.rand(3, 4, 5) * 6
    weights = net(losses)
    assert weights.shape == losses.shape
    hidden = (first.weight[:, 0] * losses[1, 2, 3] + first.bias).clamp_min(0)
    torch.testing.assert_close(weights[1, 2, 3], torch.sigmoid(hidden @ last.weight[0] + last.bias[0]))
    assert net(losses[:0]).shape == (0, 4, 5)


def test_has_as_many_parameters_as_the_paper_says_and_needs_a_hidden_unit() -> None:
    assert sum(parameter.numel() for parameter in WeightNet().parameters()) == 100 + 100 + 100 + 1
    with pytest.raises(ValueError, match="hidden must be at least 1, got 0"):
        WeightNet(0)


def test_norms() -> None:
    v = torch.tensor([0.2, 0.6, 0.0])
    torch.testing.assert_close(batch_share(v), torch.tensor([0.25, 0.75, 0.0]))
    torch.testing.assert_close(batch_mean(v), torch.tensor([0.2, 0.6, 0.0]) / 3)
    assert torch.equal(batch_share(torch.zeros(3)), torch.zeros(3))
    assert batch_share(v[:0]).shape == batch_mean(v[:0]).shape == (0,)


def test_a_gradient_passes_through_the_share() -> None:
    """d (v_i / s) / d v_j = (delta_ij - n_i) / s, also where all weights underflowed to 0: no NaN."""
    v = torch.tensor([0.2, 0.6, 0.2], dtype=torch.float64)
    found = torch.autograd.functional.jacobian(batch_share, v)
    torch.testing.assert_close(found, torch.eye(3, dtype=torch.float64) - batch_share(v)[:, None].expand(3, 3))
    assert torch.autograd.functional.jacobian(batch_share, torch.zeros(3)).isfinite().all()
