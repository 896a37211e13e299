"""Networks for slices: images (B, C, H, W) float32 in, logits (B, K, H, W) out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from torch import Tensor, nn

from l2b_data.errors import ConfigError
from l2b_run.folder.read_weights import read_weights

Architecture = Literal["monai", "smp"]


class FirstOutput(nn.Module):
    """A network that returns a list of outputs, seen as one that returns the first."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)[0]


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

    "monai": BasicUNetPlusPlus with batch norm; `widths` are the five encoder stages, the paper's by default; H and W
    must be multiples of 16. "smp": segmentation_models_pytorch.UnetPlusPlus on a timm / torchvision `encoder`; H and W
    multiples of 2**encoder_depth (144 needs depth 4); `encoder_weights` is a .safetensors or .pth state dict, never
    fetched from a network and never unpickled into code.
    Raises ConfigError for widths that are not five, an unknown encoder or a weights file that does not fit.
    """
    if architecture == "monai":
        return _monai(widths, in_channels, out_channels)
    return _smp(encoder, encoder_depth, encoder_weights, in_channels, out_channels)


def output_layer(network: nn.Module) -> nn.Conv2d:
    """The layer of a network of `build_network` whose outputs are the logits."""
    where = "network.final_conv_0_4" if isinstance(network, FirstOutput) else "segmentation_head.0"
    layer = network.get_submodule(where)
    assert isinstance(layer, nn.Conv2d)
    return layer


def _monai(widths: Sequence[int], in_channels: int, out_channels: int) -> nn.Module:
    from monai.networks.nets.basic_unetplusplus import BasicUNetPlusPlus

    if len(widths) != 5 or min(widths) < 1:
        raise ConfigError(f"network.widths must be five positive numbers, one an encoder stage; got {list(widths)}")
    network = BasicUNetPlusPlus(
        spatial_dims=2,
        in_channels=in_channels,
        out_channels=out_channels,
        features=(*widths, widths[0]),
        act=("relu", {"inplace": True}),
        norm=("batch", {"affine": True}),
    )
    return FirstOutput(network)


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
