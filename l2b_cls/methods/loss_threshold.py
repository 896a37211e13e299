"""The loss below which samples train: a moving average over steps, which self-paced and mentornet-pd share."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from l2b_run.training.method import Training


@dataclass
class LossThreshold:
    """A moving average of a quantile of the batches' losses; None before the first batch."""

    value: float | None = None

    def moved(self, losses: Tensor, share: float, decay: float) -> float:
        """The average, moved towards the quantile `share` of the losses (B,) of a batch."""
        now = float(torch.quantile(losses.detach().float(), share))
        self.value = now if self.value is None else decay * self.value + (1 - decay) * now
        return self.value

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.value = state["value"]


def threshold_of(run: Training) -> LossThreshold:
    """The run's threshold, as it is remembered."""
    assert isinstance(run.state.memory, LossThreshold)
    return run.state.memory
