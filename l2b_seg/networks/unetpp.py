"""Networks for slices: images (B, C, H, W) float32 in, logits (B, K, H, W) out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from torch import nn

from l2b_data.errors import ConfigError
from l2b_run.folder.read_weights import read_weights
from l2b_seg.networks.nested_unet import STAGES, NestedUNet

Architecture = Literal["monai", "smp"]


def build_network(
    architecture: Architecture = "monai",
    *,
    widths: Sequence[int] = (64, 128, 256, 512, 1024),
    encoder: str = "resnet18",
    encoder_depth: int = 4,
    encoder_weights: Path | None = None,
    in_channels: int = 1,
    out_channels: int = 1,
) -> nn.Module:
    """UNet++ (Zhou et al. 2018) without deep supervision.

    "monai": that package's BasicUNetPlusPlus with batch norm (NestedUNet); `widths` are the five encoder stages, the
    paper's by default; H and W must be multiples of 16. "smp": segmentation_models_pytorch.UnetPlusPlus on a timm /
    torchvision `encoder`; H and W multiples of 2**encoder_depth (144 needs depth 4); `encoder_weights` is a
    .safetensors or .pth state dict, never fetched from a network and never unpickled into code.
    Raises ConfigError for widths that are not five, an unknown encoder or a weights file that does not fit.
    """
    if architecture == "monai":
        if len(widths) != STAGES or min(widths) < 1:
            raise ConfigError(f"network.widths must be five positive numbers, one an encoder stage; got {list(widths)}")
        return NestedUNet(in_channels, out_channels, widths)
    return _smp(encoder, encoder_depth, encoder_weights, in_channels, out_channels)


def output_layer(network: nn.Module) -> nn.Conv2d:
    """The layer of a network of `build_network` whose outputs are the logits."""
    where = "network.final_conv_0_4" if isinstance(network, NestedUNet) else "segmentation_head.0"
    layer = network.get_submodule(where)
    assert isinstance(layer, nn.Conv2d)
    return layer


def _smp(encoder: str, depth: int, weights: Path | None, in_channels: int, out_channels: int) -> nn.Module:
    import segmentation_models_pytorch as smp

    decoder = (256, 128, 64, 32, 16)[5 - depth :]
    try:
        network: nn.Module = smp.UnetPlusPlus(
            encoder, depth, None, decoder_channels=decoder, in_channels=in_channels, classes=out_channels
        )
    except (KeyError, ValueError) as error:
        raise ConfigError(f"network.encoder {encoder!r} at depth {depth} cannot be built: {error}") from error
    if weights is not None:
        state = read_weights(weights, "network.encoder_weights")
        try:
            network.get_submodule("encoder").load_state_dict(state)
        except (RuntimeError, KeyError) as error:
            raise ConfigError(f"network.encoder_weights {weights} does not fit the encoder: {error}") from error
    return network
