"""The network a run's settings name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from l2b_cls.config import NetworkSettings
from l2b_cls.networks.efficientnet_lite0 import efficientnet_lite0, package_weights
from l2b_cls.networks.preact_resnet import PreActResNet18
from l2b_cls.networks.pretrained import load_backbone
from l2b_cls.networks.resnet32 import ResNet32
from l2b_cls.networks.small_cnn import SmallCNN
from l2b_cls.networks.timm_network import PREFIX, places, timm_network
from l2b_cls.networks.wide_resnet import WideResNet
from l2b_data.errors import ConfigError
from l2b_run.folder.read_weights import read_weights


@dataclass(frozen=True)
class _Network:
    """How an architecture is built, and what its first convolution and last layer are called."""

    build: Callable[[NetworkSettings, int, int], nn.Module]
    stem: str = "conv1"
    head: str = "head"


def _torchvision(name: str) -> Callable[[NetworkSettings, int, int], nn.Module]:
    def build(network: NetworkSettings, classes: int, channels: int) -> nn.Module:
        import torchvision

        model: nn.Module = getattr(torchvision.models, name)(weights=None, num_classes=classes)
        if channels != 3:
            model.conv1 = _drawn(nn.Conv2d(channels, 64, 7, 2, 3, bias=False))
        return _with_new_head(model, "fc")

    return build


def _resnet18_cifar(network: NetworkSettings, classes: int, channels: int) -> nn.Module:
    """ResNet-18 for small images, as SimCLR and C2D have it: the first convolution 3x3 at stride 1, no max pooling."""
    import torchvision

    model: nn.Module = torchvision.models.resnet18(weights=None, num_classes=classes)
    model.conv1 = _drawn(nn.Conv2d(channels, 64, 3, 1, 1, bias=False))
    model.maxpool = nn.Identity()
    return model


def _drawn(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution with weights as torchvision's residual networks draw theirs."""
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return convolution


def _lite0(network: NetworkSettings, classes: int, channels: int) -> nn.Module:
    return _with_new_head(efficientnet_lite0(classes, channels), "classifier")


def _with_new_head(model: nn.Module, name: str) -> nn.Module:
    """The last layer as in the released ISIC2019 and Clothing1M code: Xavier's normal weights, bias 0."""
    head = model.get_submodule(name)
    assert isinstance(head, nn.Linear)
    nn.init.xavier_normal_(head.weight)
    nn.init.zeros_(head.bias)
    return model


NETWORKS = {
    "small-cnn": _Network(lambda network, k, c: SmallCNN(network.widths, k, c), "features.0"),
    "preact-resnet18": _Network(lambda network, k, c: PreActResNet18(k, c, activated_stem=False)),
    "preact-resnet18-stem": _Network(lambda network, k, c: PreActResNet18(k, c, activated_stem=True)),
    "resnet32": _Network(lambda network, k, c: ResNet32(k, c)),
    "wrn-28-10": _Network(lambda network, k, c: WideResNet(k, c)),
    "resnet18": _Network(_torchvision("resnet18"), head="fc"),
    "resnet18-cifar": _Network(_resnet18_cifar, head="fc"),
    "resnet50": _Network(_torchvision("resnet50"), head="fc"),
    "efficientnet-lite0": _Network(_lite0, "conv_stem", "classifier"),
}
"""Every architecture of NetworkSettings but those of timm."""


def build_network(
    network: NetworkSettings, *, classes: int, channels: int, size: tuple[int, int] | None = None
) -> nn.Module:
    """The network of these settings: images (B, channels, H, W) float32 -> logits (B, classes).

    Fresh weights come from torch's global stream. `network.weights` then replaces all but the last layer's: a
    .safetensors or .pth state dict of the same architecture (of torchvision's for resnet18 and resnet50; of three
    channels where the data has one), or "package" for efficientnet-lite0 (extra `efficientnet`). size: of the images,
    for networks of timm that hold it. Raises ConfigError for weights that are missing or do not fit, and as
    `timm_network`.
    """
    if network.architecture.startswith(PREFIX):
        name = network.architecture.removeprefix(PREFIX)
        model = timm_network(name, classes=classes, channels=channels, size=size)
    else:
        model = NETWORKS[network.architecture].build(network, classes, channels)
    if network.weights is None:
        return model
    if network.weights != "package":
        state = read_weights(Path(network.weights), "network.weights")
    elif network.architecture == "efficientnet-lite0":
        state = package_weights()
    else:
        raise ConfigError(
            f"network.weights 'package' is for efficientnet-lite0; name a file with weights of {network.architecture}"
        )
    stem, head = places_of(network.architecture, model)
    load_backbone(model, state, network.weights, head=head, stem=stem)
    return model


def places_of(architecture: str, model: nn.Module) -> tuple[str, str]:
    """Names of the first convolution and the last layer of a `model` of this architecture."""
    if architecture.startswith(PREFIX):
        return places(model)
    return NETWORKS[architecture].stem, NETWORKS[architecture].head
