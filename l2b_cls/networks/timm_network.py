"""Any network of timm by its name there; its weights come from a file, never from a network."""

from difflib import get_close_matches
from typing import Any

from torch import nn

from l2b_data.errors import ConfigError

PREFIX = "timm/"


def timm_network(name: str, *, classes: int, channels: int, size: tuple[int, int] | None) -> nn.Module:
    """timm's model `name`, freshly drawn: images (B, channels, *size) float32 -> logits (B, classes).

    size: height and width, for networks that hold them (transformers); None: as timm has it. Raises ConfigError for a
    name that timm does not have, and for a network that cannot be built for these images or has several heads.
    """
    import timm

    if not timm.is_model(name.partition(".")[0]):
        near = get_close_matches(name, timm.list_models(), n=3)
        guess = f"did you mean {' or '.join(PREFIX + one for one in near)}? " if near else ""
        raise ConfigError(f"network.architecture {PREFIX}{name}: timm has no such model; {guess}timm.list_models()")
    try:
        model: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, in_chans=channels)
        if size is not None and (fit := getattr(model, "set_input_size", None)) is not None:
            fit(img_size=size)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        shown = f"{channels} channels" + (f" of {size[0]} x {size[1]}" if size else "")
        raise ConfigError(f"network.architecture {PREFIX}{name} cannot be built for {shown}: {error}") from error
    if not all(isinstance(layer, str) for layer in places(model)):
        raise ConfigError(f"network.architecture {PREFIX}{name} has several heads: take one without distillation")
    return model


def places(model: nn.Module) -> tuple[str, str]:
    """Names of the first convolution and the last layer of a model of timm."""
    known: Any = model.pretrained_cfg
    return known["first_conv"], known["classifier"]
