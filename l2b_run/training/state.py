"""All of a training run's state in one object: what a checkpoint holds and a resumed run starts from."""

import copy
import io
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Protocol

import torch
from torch import nn

from l2b import MetaAverage
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_run.settings.shared import OptimizerSettings, SgdSettings
from l2b_run.training.checkpoint_names import BEST, LATEST
from l2b_run.training.epoch_row import EpochRow, row_from_json
from l2b_run.training.pair import Pair


class Memory(Protocol):
    """What a method remembers between steps: further networks, optimizers, losses. It goes into the checkpoint."""

    def state_dict(self) -> dict[str, Any]:
        """Plain tensors, numbers, lists and dicts: loadable with weights_only."""

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


@dataclass
class TrainState:
    """model and optimizer; `averaged`: the moving average of the model, or None; `judge`: the averaged meta gradient.

    memory: the method's own, or None. epoch: finished epochs. history: one row an epoch. best: the highest
    evaluated score so far. second: network, optimizer and average of a method's second network, or None; what counts
    epochs is the first's alone.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    averaged: nn.Module | None = None
    judge: MetaAverage = field(default_factory=MetaAverage)
    memory: Memory | None = None
    epoch: int = 0
    updates: int = 0
    history: list[EpochRow] = field(default_factory=list)
    best: float = -1.0
    second: "TrainState | None" = None

    @property
    def networks(self) -> "tuple[TrainState, ...]":
        """This state, and the second network's where there is one."""
        return (self,) if self.second is None else (self, self.second)

    @property
    def alone(self) -> nn.Module:
        """This network as it predicts by itself: the averaged one where there is one."""
        return self.model if self.averaged is None else self.averaged

    @property
    def evaluated(self) -> nn.Module:
        """What predicts: the network `alone`, or both as a Pair."""
        return self.alone if self.second is None else Pair(self.alone, self.second.alone)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the averaged network towards the model; early updates weigh more, so that its start is forgotten."""
        self.updates += 1
        if self.averaged is None:
            return
        step = 1 - min(decay, self.updates / (self.updates + 9))
        mine, theirs = self.averaged.state_dict(), self.model.state_dict()
        for name, value in mine.items():
            if value.is_floating_point():
                value.lerp_(theirs[name], step)
            else:
                value.copy_(theirs[name])

    def state_dict(self) -> dict[str, Any]:
        """Plain tensors, numbers, lists and dicts: loadable with weights_only."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "judge": self.judge.average,
            "memory": None if self.memory is None else self.memory.state_dict(),
            "epoch": self.epoch,
            "updates": self.updates,
            "history": [row.as_json() for row in self.history],
            "best": self.best,
            "second": None if self.second is None else self.second.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a `state_dict`. On another number of CUDA devices their random states are left as they are."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        if self.memory is not None:
            self.memory.load_state_dict(state["memory"])
        if self.second is not None:
            self.second.load_state_dict(state["second"])
        self.judge.average, self.epoch, self.updates = state["judge"], state["epoch"], state["updates"]
        self.history, self.best = [row_from_json(row) for row in state["history"]], state["best"]
        torch.set_rng_state(state["torch_rng"].cpu())
        if state["cuda_rng"] and len(state["cuda_rng"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([each.cpu() for each in state["cuda_rng"]])


def optimizer_of(model: nn.Module, chosen: OptimizerSettings) -> torch.optim.Optimizer:
    """The optimizer of all parameters of `model` that the settings name."""
    if chosen.name == "sgd":
        return sgd_of(model, chosen)
    betas = (chosen.momentum, 0.999)
    return torch.optim.AdamW(model.parameters(), lr=chosen.lr, betas=betas, weight_decay=chosen.weight_decay)


def sgd_of(model: nn.Module, chosen: SgdSettings) -> torch.optim.SGD:
    """Stochastic gradient descent on all parameters of `model`."""
    return torch.optim.SGD(
        model.parameters(),
        lr=chosen.lr,
        momentum=chosen.momentum,
        weight_decay=chosen.weight_decay,
        nesterov=chosen.nesterov,
    )


def average_of(model: nn.Module) -> nn.Module:
    """A copy of `model` that no gradient reaches."""
    copied = copy.deepcopy(model)
    for parameter in copied.parameters():
        parameter.requires_grad_(False)
    return copied


def save_checkpoint(state: TrainState, path: Path) -> None:
    """Write atomically: the checkpoint is the new one whole, or the old one."""
    content = io.BytesIO()  # torch's own write to a file turns a full disk into a RuntimeError of its archive
    torch.save(state.state_dict(), content)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def finish_epoch(state: TrainState, row: EpochRow, out: Path, *, score: str) -> None:
    """Append the row to the history and write out/checkpoint_latest.pt; at a new best `score` also the best one.

    A row without that metric leaves the best where it is.
    """
    state.history.append(row)
    if row.test.get(score, -1.0) > state.best:
        state.best = row.test[score]
        save_checkpoint(state, out / BEST)
    save_checkpoint(state, out / LATEST)


def resume_hint(out: Path) -> str:
    """Whether an interrupted run in `out` can go on, and how, as a sentence."""
    if not (out / LATEST).is_file():
        return "No epoch had finished yet."
    return f"The last finished epoch is kept: go on with --resume {out}."


def load_checkpoint(state: TrainState, path: Path, device: torch.device) -> None:
    """Read a checkpoint into `state`; nothing in it is executed. Raises DataError where it is absent or damaged."""
    if not path.is_file():
        raise DataError(f"{path}: no checkpoint there; --resume takes the folder of a run that finished an epoch")
    try:
        state.load_state_dict(torch.load(path, map_location=device, weights_only=True))
    except UnpicklingError as error:  # torch's own words advise to read it without this protection
        raise DataError(f"{path} is damaged or holds more than tensors and numbers; train anew") from error
    except Exception as error:
        raise DataError(f"{path} cannot be loaded as a checkpoint of this run: {error!r}") from error
