"""A model as the engine calls it: inputs to logits."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

from l2b.batch import Batch, Inputs
from l2b.errors import EngineError

LogitsOf = Callable[[Any], Tensor]


def as_called(model: nn.Module, batch: Batch, logits_of: LogitsOf | None) -> nn.Module:
    """The module f with f(inputs) = logits: `model` itself, where a tensor goes in and nothing is to be picked.

    `logits_of(output)` -> logits (B, *) picks them from whatever the model returns; a dict of inputs is handed over as
    arguments by name. Raises EngineError for what is no module, and for DataParallel and DistributedDataParallel.
    """
    if not isinstance(model, nn.Module):
        raise EngineError(f"the model is a {type(model).__name__}: it must be a torch.nn.Module")
    if isinstance(model, DataParallel | DistributedDataParallel):
        raise EngineError(
            f"the model is wrapped in {type(model).__name__}, through which the engine's passes do not go: hand over "
            "model.module (several processes: average .grad after train_step(..., step=False), then step)"
        )
    return _Called(model, logits_of) if logits_of is not None or isinstance(batch[0], Mapping) else model


class _Called(nn.Module):
    """The same parameters and buffers, under names that begin with `model.`."""

    def __init__(self, model: nn.Module, logits_of: LogitsOf | None) -> None:
        super().__init__()
        self.model = model
        self.logits_of = logits_of

    def forward(self, inputs: Inputs) -> Any:
        output = self.model(**inputs) if isinstance(inputs, Mapping) else self.model(inputs)
        return output if self.logits_of is None else self.logits_of(output)
