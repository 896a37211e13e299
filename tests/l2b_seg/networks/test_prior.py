"""The first step predicts the classes' shares, for one class and several, of both kinds of network."""

import pytest
import torch
from torch import nn

from l2b_seg.networks.build_network import network_of
from l2b_seg.networks.prior import start_at_prior
from l2b_seg.task import task_of
from tests.l2b_seg.tiny import make_settings

ONE, TWO = {"classes": ["organ"]}, {"classes": ["organ", "core"]}
SMP = {"architecture": "smp", "encoder": "resnet18", "encoder_depth": 4}
MONAI = {"widths": [4, 4, 4, 4, 4]}


@pytest.mark.parametrize("network", [MONAI, SMP], ids=["monai", "smp"])
@pytest.mark.parametrize(("task", "prior"), [(ONE, [0.98, 0.02]), (TWO, [0.9, 0.08, 0.02])], ids=["one", "two"])
def test_first_probabilities_are_about_the_prior(network, task, prior):
    torch.manual_seed(0)
    settings = make_settings(network=network | {"prior": prior}, task=task)
    with torch.no_grad():
        found = task_of(settings).probabilities(network_of(settings)(torch.randn(8, 1, 32, 32))).mean((0, 2, 3))
    expected = prior[1:] if len(prior) == 2 else prior
    assert found.tolist() == pytest.approx(expected, rel=0.15)


def test_without_a_prior_the_layer_is_as_drawn():
    torch.manual_seed(0)
    drawn = network_of(make_settings(network=MONAI))
    torch.manual_seed(0)
    started = network_of(make_settings(network=MONAI | {"prior": [0.9, 0.1]}))
    pairs = zip(drawn.state_dict().items(), started.state_dict().values(), strict=True)
    differ = {name for (name, mine), theirs in pairs if not mine.equal(theirs)}
    assert differ == {"network.final_conv_0_4.weight", "network.final_conv_0_4.bias"}


def test_shares_are_brought_to_sum_one_and_must_be_as_many_as_the_outputs():
    layer = nn.Conv2d(2, 1, 1)
    start_at_prior(layer, [1.8, 0.2])
    assert torch.sigmoid(layer.bias).item() == pytest.approx(0.1)
    for outputs, prior in ((1, [0.5, 0.3, 0.2]), (3, [0.5, 0.5])):
        with pytest.raises(ValueError, match="a prior of"):
            start_at_prior(nn.Conv2d(2, outputs, 1), prior)
