"""A weight of each sample's loss by a net that learns from the meta batch: MW-Net, MNW-Net, RMNW-Net."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from l2b import WeightNet, batch_mean, batch_share, weight_net_step
from l2b_run.methods.plain import given_step
from l2b_run.methods.reweight import reported
from l2b_run.settings.shared import SgdSettings
from l2b_run.training.method import Method, Need, Training
from l2b_run.training.state import TrainState, sgd_of
from l2b_run.training.step_report import StepReport
from l2b_run.training.task import meta_loss_of


class WeightNetSettings(SgdSettings):
    """MW-Net's weighting function: 1 - hidden - 1, of a sample's loss.

    optimizer "adam": of MW-Net's stable release; momentum and nesterov are then without effect.
    """

    hidden: int = Field(100, ge=1, description="hidden units")
    optimizer: Literal["sgd", "adam"] = Field("sgd", description="of the weight net; adam: MW-Net's stable release")
    lr: float = Field(1e-3, gt=0)
    nesterov: bool = True
    weight_norm: Literal["sum1", "none"] = Field("sum1", description="a batch's weights: of sum 1, or as they are")


@dataclass
class WeightNetMemory:
    """The weight net and its optimizer."""

    net: WeightNet
    optimizer: torch.optim.Optimizer

    def state_dict(self) -> dict[str, Any]:
        return {"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])

    def trust(self, loss: Tensor) -> Tensor:
        """The weight (n,) of samples of this loss (n,), both float64."""
        return copy.deepcopy(self.net).double()(loss)


def start(chosen: WeightNetSettings, state: TrainState) -> WeightNetMemory:
    """A fresh weight net beside the network, and the optimizer that `weight_net` names."""
    net = WeightNet(chosen.hidden).to(next(state.model.parameters()).device)
    if chosen.optimizer == "adam":
        return WeightNetMemory(net, torch.optim.Adam(net.parameters(), lr=chosen.lr, weight_decay=chosen.weight_decay))
    return WeightNetMemory(net, sgd_of(net, chosen))


def weight_net_method_step(run: Training, epoch: int, step: int) -> StepReport:
    """A step of the weight net by the meta batch, then one of the network under its weights."""
    if epoch < run.settings.warm_up_epochs:
        return given_step(run, epoch, step)
    memory = run.state.memory
    assert isinstance(memory, WeightNetMemory)
    drawn = run.batches.given(epoch, step)
    done = weight_net_step(
        run.state.model,
        run.state.optimizer,
        memory.net,
        memory.optimizer,
        drawn[:2],
        run.batches.clean(epoch, step, run.settings.meta_batch_size),
        loss=run.task.loss,
        meta_loss=meta_loss_of(run.task, run.settings),
        weight_norm=batch_share if run.own.weight_norm == "sum1" else batch_mean,
        clip_norm=run.settings.optimizer.clip_norm,
    )
    return reported(done, drawn.position)


def _method(text: str, source: str, clean: Need, meta: Mapping[str, str]) -> Method:
    return Method(
        f"weights by a net of the loss, {text}",
        source,
        weight_net_method_step,
        cost=3.0,
        clean=clean,
        settings=("weight_net", WeightNetSettings),
        start=start,
        meta=meta,
        warms_up=True,
    )


MWNET = _method("clean meta set", "MW-Net (NeurIPS 2019)", "teach", {})
MNWNET = _method(
    "noisy meta set", "MNW-Net: RMNW-Net (WACV 2021)", "never", {"source": "given", "loss": "cross_entropy"}
)
RMNWNET = _method("noisy meta set, absolute error", "RMNW-Net (WACV 2021)", "never", {"source": "given", "loss": "mae"})
