"""Extra passes through a model that leave no trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call


@contextmanager
def untouched_rng(device: torch.device) -> Iterator[None]:
    """torch's random streams (CPU, and `device` if it is a CUDA device) are as before when the block ends.

    The step that follows the block therefore draws the same dropout masks as a pass that opened it.
    """
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


def forward_with(model: nn.Module, parameters: dict[str, Tensor], x: Tensor) -> Tensor:
    """model(x) with other parameters, in the model's own train / eval mode; its buffers stay as they are.

    Buffers are cloned: train-mode BatchNorm would otherwise advance its running statistics in every extra pass.
    """
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    logits: Tensor = functional_call(model, {**parameters, **buffers}, (x,))
    return logits
