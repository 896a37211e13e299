"""All of a classification run's state: that of every run, the weight net, and what single methods remember."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from l2b import WeightNet
from l2b_run.training import state as train_state


@dataclass
class TrainState(train_state.TrainState):
    """A run's state, and of the MW-Net family the weight net with its optimizer (else None).

    initial: the fresh network's state dict, and correction (K, K): glc's; None for other methods, and before.
    past_losses: of the online meta set's choice, an array (n,) an epoch, the last ones.
    sample_log: name -> an array (n,) a logged epoch (`l2b_cls.sample_log.file`).
    """

    weight_net: WeightNet | None = None
    weight_optimizer: torch.optim.Optimizer | None = None
    initial: dict[str, Tensor] | None = None
    correction: Tensor | None = None
    past_losses: list[Tensor] = field(default_factory=list)
    sample_log: dict[str, list[Tensor]] = field(default_factory=dict)

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {
            "weight_net": None if self.weight_net is None else self.weight_net.state_dict(),
            "weight_optimizer": None if self.weight_optimizer is None else self.weight_optimizer.state_dict(),
            "initial": self.initial,
            "correction": self.correction,
            "past_losses": self.past_losses,
            "sample_log": self.sample_log,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        if self.weight_net is not None:
            self.weight_net.load_state_dict(state["weight_net"])
        if self.weight_optimizer is not None:
            self.weight_optimizer.load_state_dict(state["weight_optimizer"])
        self.initial, self.correction = state["initial"], state["correction"]
        self.past_losses = [value.cpu() for value in state["past_losses"]]
        self.sample_log = {name: [value.cpu() for value in values] for name, values in state["sample_log"].items()}
