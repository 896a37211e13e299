"""Features of an image: what a network's last layer reads."""

from torch import Tensor, nn


def head_of(model: nn.Module) -> nn.Linear:
    """The network's last linear layer, which makes its logits."""
    return [module for module in model.modules() if isinstance(module, nn.Linear)][-1]


def features_and_logits(model: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Features (B, F) and logits (B, K) of images (B, C, H, W), both with graph, in one forward pass."""
    read: list[Tensor] = []
    hook = head_of(model).register_forward_pre_hook(lambda layer, inputs: read.append(inputs[0]))
    try:
        logits: Tensor = model(images)
    finally:
        hook.remove()
    return read[0], logits
