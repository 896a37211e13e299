"""The network in plain torch is MONAI's to the bit: parameters, first draws, outputs, gradients."""

import subprocess
import sys

import pytest
import torch
from monai.networks.nets import BasicUNetPlusPlus
from torch import nn

from l2b_seg.networks.nested_unet import NestedUNet


def both(inputs: int, outputs: int, widths: list[int]) -> list[nn.Module]:
    """Ours and MONAI's, each drawn after the same seed."""
    torch.manual_seed(3)
    ours = NestedUNet(inputs, outputs, widths)
    torch.manual_seed(3)
    layers = {"act": ("relu", {"inplace": True}), "norm": ("batch", {"affine": True})}
    theirs = BasicUNetPlusPlus(2, inputs, outputs, features=(*widths, widths[0]), **layers)
    return [ours, theirs]


@pytest.mark.parametrize(("inputs", "outputs", "widths"), [(1, 1, [4, 4, 8, 8, 8]), (3, 4, [4, 6, 8, 10, 12])])
def test_parameters_have_monais_names_order_and_draws(inputs, outputs, widths):
    ours, theirs = both(inputs, outputs, widths)
    assert [name.removeprefix("network.") for name, _ in ours.named_parameters()] == list(
        dict(theirs.named_parameters())
    )
    assert ours.state_dict().keys() == {f"network.{name}" for name in theirs.state_dict()}
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("size", [(16, 16), (32, 48)])
def test_outputs_gradients_and_running_statistics_are_monais(size):
    networks = both(2, 3, [4, 6, 8, 10, 12])
    x, met = torch.randn(2, 2, *size), []
    for network in networks:
        logits = network(x)
        logits = logits[0] if isinstance(logits, list) else logits
        logits.square().mean().backward()
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        met.append([logits, *gradients, *network.buffers()])
    for one, other in zip(*met, strict=True):
        assert torch.equal(one, other)


def test_it_is_built_without_monai():
    code = (
        "import sys; from l2b_seg.networks.unetpp import build_network; build_network(widths=(4, 4, 4, 4, 4)); "
        "print(sorted({'monai', 'torchvision', 'timm', 'sklearn', 'pandas', 'torch._dynamo'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
