"""L2B whose weights are a function: a small net of an element's losses, trained by the alignments."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from l2b import LabelWeightNet, learnt
from l2b_run.methods.reweight import Candidates, DrawCandidates, own, weighted_step
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.method_settings import clean_step_faults
from l2b_run.training.state import TrainState
from l2b_run.training.task import Task

FEATURES = 6


class LabelNetSettings(Strict):
    """The net of l2b-net."""

    hidden: int = Field(32, ge=1, description="hidden units")
    lr: float = Field(3e-3, gt=0, description="learning rate of the net (Adam)")
    pseudo: float = Field(0.1, gt=0, lt=1, description="share of the pseudo-label before anything is learnt")
    neither: float = Field(0.1, gt=0, lt=1, description="share of neither label before anything is learnt")
    pull: float = Field(0.0, ge=0, description="pull towards those shares, in units of the alignments' spread")
    ahead: float = Field(0.0, ge=0, lt=1, description="share of the epochs, after the warm-up, in which it only learns")


@dataclass
class LabelNetMemory:
    """The net and its optimizer."""

    net: LabelWeightNet
    optimizer: torch.optim.Adam

    def state_dict(self) -> dict[str, Any]:
        return {"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])


def start(chosen: LabelNetSettings, state: TrainState) -> LabelNetMemory:
    """A net at its prior, and its optimizer."""
    prior = (1 - chosen.pseudo - chosen.neither, chosen.pseudo, chosen.neither)
    net = LabelWeightNet(FEATURES, chosen.hidden, prior).to(next(state.model.parameters()).device)
    return LabelNetMemory(net, torch.optim.Adam(net.parameters(), lr=chosen.lr))


@torch.no_grad()
def features(task: Task, logits: Tensor, given: Tensor, pseudo: Tensor, progress: float) -> Tensor:
    """(B, *E, 6) float32: loss and probability of given and pseudo-label, whether they differ, share of epochs done.

    Losses above 5 count as 5. logits, given, pseudo as `task.loss` takes them.
    """
    losses = torch.stack([task.loss(logits, given), task.loss(logits, pseudo)], -1)
    differ = (given != pseudo).view(losses.shape[:-1])[..., None]
    done = torch.full_like(losses[..., :1], progress)
    return torch.cat([losses.clamp_max(5), torch.exp(-losses), differ.to(losses.dtype), done], -1)


def _weighed(run: Training, epoch: int, step: int, *, draw: DrawCandidates) -> Candidates:
    """Candidates whose pseudo-labels are those of the network that predicts, weighed by the net of its losses."""
    memory, settings, found = run.state.memory, run.settings, draw(run, epoch, step)
    assert isinstance(memory, LabelNetMemory)
    with torch.no_grad():
        logits: Tensor = run.state.evaluated.eval()(found.drawn.images)
    run.state.model.train()  # without an average it is the network itself
    pseudo = found.pseudo_label if isinstance(found.pseudo_label, Tensor) else found.pseudo_label(logits)
    seen = features(run.task, logits, found.drawn.target, pseudo, epoch / settings.epochs)
    used = epoch >= settings.warm_up_epochs + round(run.own.ahead * settings.epochs)
    learns = learnt(memory.net, memory.optimizer, seen, pull=run.own.pull, used=used)
    return replace(found, pseudo_label=pseudo, normalize=learns)


def l2b_net(draw: DrawCandidates = own) -> Method:
    """L2B's two weights of every element by a net of its losses; `draw` has the pseudo-label, of any logits."""
    return Method(
        "weights on given labels and pseudo-labels by a net of their losses",
        "L2B (CVPR 2024) with a net as in MW-Net (NeurIPS 2019); in no paper",
        lambda run, epoch, step: weighted_step(run, epoch, step, partial(_weighed, draw=draw), with_pseudo=True),
        cost=3.3,
        settings=("l2b_net", LabelNetSettings),
        start=start,
        faults=lambda settings: clean_step_faults(settings) if settings.bootstrap.supervised_meta_step else [],
        warms_up=True,
    )
