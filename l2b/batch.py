"""What a batch is: inputs and targets of equal number."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from l2b.errors import BatchError

Inputs = Tensor | Mapping[str, Any]
"""What the model is called with: a tensor (B, *), or its arguments by name, each tensor (B, *)."""

Batch = tuple[Inputs, Tensor]


def checked_pair(name: str, batch: Batch) -> Batch:
    """The batch's inputs (B, *) and targets (B, *), subclasses of Tensor as plain tensors of the same memory.

    A subclass that hooks torch's functions (monai's MetaTensor) does not pass through forward mode. Raises BatchError
    unless inputs and targets are of the same number, at least one.
    """
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        parts = f" of {len(batch)}" if isinstance(batch, tuple | list | Mapping) else ""
        raise BatchError(f"{name} is a {type(batch).__name__}{parts}: it must be a pair, (inputs, targets)")
    inputs, targets = batch
    if not tensors_of(inputs) or not isinstance(targets, Tensor):
        given = type(targets if tensors_of(inputs) else inputs).__name__
        raise BatchError(
            f"{name} holds a {given}: inputs must be a tensor or a dict of the model's arguments, targets a tensor"
        )
    numbers = sorted({part.shape[0] if part.ndim else 0 for part in tensors_of(inputs)})
    found = targets.shape[0] if targets.ndim else 0
    if numbers != [found] or found == 0:
        counted = " or ".join(map(str, numbers))
        raise BatchError(f"{name} has {counted} inputs and {found} targets: both must be the same number, at least 1")
    return each_tensor(inputs, plain), plain(targets)


def plain(part: Tensor) -> Tensor:
    """A subclass of Tensor as a Tensor of the same memory."""
    return part if type(part) is Tensor else part.as_subclass(Tensor)


def tensors_of(inputs: object) -> list[Tensor]:
    """The tensors among the inputs, in order."""
    values = inputs.values() if isinstance(inputs, Mapping) else [inputs]
    return [value for value in values if isinstance(value, Tensor)]


def device_of(inputs: Inputs) -> torch.device:
    """The device of the first tensor."""
    return tensors_of(inputs)[0].device


def each_tensor(inputs: Inputs, change: Callable[[Tensor], Tensor]) -> Inputs:
    """The inputs with every tensor changed."""
    if isinstance(inputs, Mapping):
        return {name: change(value) if isinstance(value, Tensor) else value for name, value in inputs.items()}
    return change(inputs)
