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


class LabelNetSettings(Strict):
    """The net of l2b-net."""

    hidden: int = Field(32, ge=1, description="hidden units")
    lr: float = Field(1e-2, gt=0, description="learning rate of the net (Adam)")
    prior: float = Field(0.1, gt=0, lt=1, description="share of the pseudo-label before anything is learnt")
    pull: float = Field(0.03, ge=0, description="pull of every share towards it, in units of the alignments' spread")


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
    net = LabelWeightNet(4, chosen.hidden, chosen.prior).to(next(state.model.parameters()).device)
    return LabelNetMemory(net, torch.optim.Adam(net.parameters(), lr=chosen.lr))


@torch.no_grad()
def features(task: Task, logits: Tensor, given: Tensor, pseudo: Tensor) -> Tensor:
    """(B, *E, 4): losses of given label and pseudo-label, above 5 as 5, and how common each of the two is in the batch.

    logits, given, pseudo as `task.loss` takes them. Common: the share of the given labels, or pseudo-labels, of that
    class, by which the net tells a rare class from a common one, however many there are.
    """
    losses = torch.stack([task.loss(logits, given), task.loss(logits, pseudo)], -1).clamp_max(5)
    common = torch.stack([_shares(label).view(losses.shape[:-1]) for label in (given, pseudo)], -1)
    return torch.cat([losses, common], -1)


def _shares(label: Tensor) -> Tensor:
    """Of each of these labels, the share of all that are the same; flat."""
    flat = label.flatten().long()
    return (torch.bincount(flat) / len(flat))[flat]


def _weighed(run: Training, epoch: int, step: int, *, draw: DrawCandidates) -> Candidates:
    """Candidates whose pseudo-labels are those of the network that predicts, weighed by the net of its losses."""
    memory, found = run.state.memory, draw(run, epoch, step)
    assert isinstance(memory, LabelNetMemory)
    with torch.no_grad():
        logits: Tensor = run.state.evaluated.eval()(found.drawn.images)
    run.state.model.train()  # without an average it is the network itself
    pseudo = found.pseudo_label if isinstance(found.pseudo_label, Tensor) else found.pseudo_label(logits)
    seen = features(run.task, logits, found.drawn.target, pseudo)
    learns = learnt(memory.net, memory.optimizer, seen, pull=run.own.pull)
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
