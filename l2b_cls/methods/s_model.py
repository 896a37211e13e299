"""S-model (Goldberger and Ben-Reuven, ICLR 2017): a layer after the softmax learns how labels became wrong."""

from dataclasses import dataclass
from typing import Any, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from l2b_cls.features import head_of
from l2b_cls.losses import given_label_loss, one_hot
from l2b_cls.methods.semi_supervised.samples import TrainingSamples, given_log_probabilities
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import Strict
from l2b_run.training.batches import Batches
from l2b_run.training.method import Method, Training
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport

_TINY = 1e-6


class SModelSettings(Strict):
    """s-model: after the warm-up the transition starts from what the network predicts there."""

    diagonal: float = Field(
        0.9, gt=0, lt=1, description="without a warm-up, the transition starts as diagonal I + (1 - diagonal) / K"
    )


@dataclass
class Transition:
    """T (K, K), row i how likely each label is given to class i, as its parameter b: T = row softmax of b."""

    b: nn.Parameter

    @property
    def log(self) -> Tensor:
        """log T, with graph."""
        return torch.log_softmax(self.b, 1)

    @torch.no_grad()
    def begin(self, transition: Tensor) -> None:
        """Start from `transition` (K, K), rows of sum 1."""
        self.b.copy_(torch.log(transition + _TINY))

    def state_dict(self) -> dict[str, Any]:
        return {"b": self.b.detach()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            self.b.copy_(state["b"])


def start(own: SModelSettings, state: TrainState) -> Transition:
    """diagonal I + (1 - diagonal) / K; the optimizer steps it as well, without weight decay."""
    head = head_of(state.model)
    classes = head.out_features
    found = Transition(nn.Parameter(torch.empty(classes, classes, device=head.weight.device)))
    found.begin(own.diagonal * torch.eye(classes) + (1 - own.diagonal) / classes)
    state.optimizer.add_param_group({"params": [found.b], "weight_decay": 0.0})
    return found


def s_model_epoch(run: Training, epoch: int) -> Batches:
    """After the warm-up: the transition starts from the predictions of the network so far."""
    if 0 < epoch == run.settings.warm_up_epochs:
        batches = cast(TrainingSamples, run.batches)
        logs, given = given_log_probabilities(run.state.alone, batches, batches.epoch_positions(epoch))
        transition_of(run).begin(first_transition(logs.exp(), given).float())
    return run.batches


def s_model_step(run: Training, epoch: int, step: int) -> StepReport:
    """Plain in the warm-up; then the given labels' mean loss, which network and transition learn from together."""
    if epoch < run.settings.warm_up_epochs:
        return given_step(run, epoch, step)
    drawn = run.batches.given(epoch, step)
    return run.descend_on(given_label_loss(run.state.model(drawn.images), drawn.target, transition_of(run).log).mean())


def transition_of(run: Training) -> Transition:
    assert isinstance(run.state.memory, Transition)
    return run.state.memory


def first_transition(probabilities: Tensor, given: Tensor) -> Tensor:
    """T0 (K, K), rows of sum 1: T0[i, j] is proportional to the sum of p_i over the samples of given label j.

    probabilities (n, K), given (n,) int64. A class that no sample has any chance of keeps its own label.
    """
    classes = probabilities.shape[1]
    total = probabilities.T @ one_hot(given, classes, probabilities.dtype)
    rows = total.sum(1, keepdim=True)
    return torch.where(rows > 0, total / rows, torch.eye(classes, dtype=total.dtype))


S_MODEL = Method(
    "a learnt layer of label noise after the softmax",
    "S-model (Goldberger and Ben-Reuven, ICLR 2017)",
    s_model_step,
    clean="never",
    settings=("s_model", SModelSettings),
    start=start,
    before_epoch=s_model_epoch,
    warms_up=True,
)
