"""Self-paced learning: easy samples first, by the loss of their given label."""

from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field

from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport


class SelfPacedSettings(Strict):
    """self-paced: the share of a batch that trains grows from `begin` to `end`, evenly over the epochs.

    With a known noise rate r, begin = end = 1 - r keeps it fixed.
    """

    begin: float = Field(0.5, gt=0, le=1)
    end: float = Field(1.0, gt=0, le=1)
    all_until: float = Field(0.18, ge=0, lt=1, description="share of the epochs, at the start, in which all train")
    decay: float = Field(0.9, ge=0, lt=1, description="moving average of the threshold over steps")


@dataclass
class Threshold:
    """The largest loss that trains: a moving average of a quantile of the batches' losses; None before the first."""

    value: float | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.value = state["value"]


def start(own: object, state: TrainState) -> Threshold:
    """No threshold yet."""
    return Threshold()


def self_paced_step(run: Training, epoch: int, step: int) -> StepReport:
    """The mean loss of the samples v_i = 1[loss_i <= lambda]; of none, the batch's easiest one."""
    own, epochs, memory = run.own, run.settings.epochs, run.state.memory
    if epoch < own.all_until * epochs:
        return given_step(run, epoch, step)
    assert isinstance(memory, Threshold)
    drawn = run.batches.given(epoch, step)
    losses = run.task.loss(run.state.model(drawn.images), drawn.target)
    share = own.begin + (own.end - own.begin) * epoch / max(1, epochs - 1)
    now = float(torch.quantile(losses.detach().float(), share))
    memory.value = now if memory.value is None else own.decay * memory.value + (1 - own.decay) * now
    chosen = losses <= max(memory.value, float(losses.detach().min()))
    return run.descend_on(losses[chosen].mean())


SELF_PACED = Method(
    "the samples of smallest loss alone, more of them with every epoch",
    "Self-paced learning (Kumar et al., NeurIPS 2010), with MentorNet's threshold (Jiang et al., ICML 2018)",
    self_paced_step,
    clean="never",
    settings=("self_paced", SelfPacedSettings),
    start=start,
)
