"""Extra passes through a model that leave its state as it was."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from l2b.batch import Inputs, each_tensor
from l2b.errors import EngineError

T = TypeVar("T")


@contextmanager
def untouched_rng(device: torch.device) -> Iterator[None]:
    """torch's random streams (CPU, and `device` if it is a CUDA device) are as before when the block ends.

    The step that follows the block therefore draws the same dropout masks as a pass that opened it.
    """
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        yield


def under_autocast(device: torch.device) -> bool:
    """Whether torch.autocast is on for the device."""
    return torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """No autocast in the block.

    Measured against float32: bfloat16 autocast puts exact alignments off by 0.5 % (small CNN) to 15 % (UNet++), and
    leaves nothing of a finite difference.
    """
    return torch.autocast(device.type, enabled=False) if under_autocast(device) else nullcontext()


@contextmanager
def statistics_kept(model: nn.Module) -> Iterator[None]:
    """The model's buffers (running statistics) are as before where the block ends in an EngineError."""
    before = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    except EngineError:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)
        raise


def forward_with(model: nn.Module, parameters: dict[str, Tensor], x: Inputs) -> Tensor:
    """model(x) with other parameters, in the model's own train / eval mode; its buffers stay as they are."""
    return forward_then(model, parameters, x, lambda logits: logits)


def forward_then(model: nn.Module, parameters: dict[str, Tensor], x: Inputs, then: Callable[[Tensor], T]) -> T:
    """then(model(x)) with other parameters, which hold until `then` has returned.

    A gradient is taken in `then`: its backward pass recomputes checkpointed activations (torch.utils.checkpoint), which
    outside would meet the model's own parameters. Inputs below the parameters' precision (made under autocast) are
    raised to it. Buffers are cloned: train-mode BatchNorm would otherwise advance its running statistics in every extra
    pass.
    """
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)

    def raised(part: Tensor) -> Tensor:
        low = dtype is not None and part.is_floating_point() and torch.finfo(part.dtype).bits < torch.finfo(dtype).bits
        return part.to(dtype) if low else part

    x = each_tensor(x, raised)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    own = {f"model.{name}": value for name, value in {**parameters, **buffers}.items()}
    found: T = functional_call(_Scope(model), own, (x, then))
    return found


class _Scope(nn.Module):
    """A model and what is done with its output, as one module: functional_call swaps parameters for one call."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Inputs, then: Callable[[Tensor], T]) -> T:
        return then(self.model(x))
