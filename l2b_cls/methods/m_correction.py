"""M-correction (Arazo et al., ICML 2019), dynamic hard bootstrapping on mixed pairs (M-DYR-H)."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from l2b_cls.losses import cross_entropy, one_hot
from l2b_cls.methods.semi_supervised.mixed_loss import class_penalty
from l2b_cls.methods.semi_supervised.samples import TrainingSamples, given_losses
from l2b_run.methods.beta_mixture import wrong_posterior
from l2b_run.methods.mixup import drawn_pairs, mixup_step
from l2b_run.settings.shared import Strict
from l2b_run.training.batches import Batches
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


class MCorrectionSettings(Strict):
    """m-correction: mixup in the warm-up, of at least one epoch; then own labels where the given one looks wrong."""

    mixup_alpha: float = Field(32.0, gt=0, description="a pair's share ~ Beta(a, a); large: nearly halves")
    mixture_rounds: int = Field(10, ge=1, description="rounds of the Beta mixture's fit, once an epoch")
    class_penalty: float = Field(1.0, ge=0, description="weight of the term that keeps every class in the predictions")


@dataclass
class WrongLabels:
    """posterior (n,) float32 of the epoch: that a training sample's given label is wrong. Made anew by every epoch."""

    posterior: Tensor | None = None

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.posterior = None


def m_correction_epoch(run: Training, epoch: int) -> Batches:
    """After the warm-up: how likely each given label is wrong, by the losses of the network so far."""
    if _warming_up(run, epoch):
        return run.batches
    batches, own = cast(TrainingSamples, run.batches), run.own
    position = batches.epoch_positions(epoch)
    posterior = np.zeros(batches.n_train, np.float32)
    losses = given_losses(run.state.alone, batches, position)
    posterior[position] = wrong_posterior(losses, rounds=own.mixture_rounds)
    memory_of(run).posterior = torch.from_numpy(posterior).to(batches.device)
    return run.batches


def m_correction_step(run: Training, epoch: int, step: int) -> StepReport:
    """mixup in the warm-up; then of pairs whose labels are each mixed with the network's own.

    Own labels are those of the un-mixed images, in train mode without gradient, as released.
    """
    own = run.own
    if _warming_up(run, epoch):
        return mixup_step(run, epoch, step, own.mixup_alpha)
    drawn, posterior = run.batches.given(epoch, step), memory_of(run).posterior
    assert posterior is not None
    assert drawn.position is not None
    with torch.no_grad():
        logits = run.state.model(drawn.images)
    target = corrected_target(logits, drawn.target, posterior[drawn.position])
    keep, order = drawn_pairs(run.batches, epoch, step, len(target), own.mixup_alpha)
    mixed = run.state.model(keep * drawn.images + (1 - keep) * drawn.images[order])
    loss = cross_entropy(mixed, keep * target + (1 - keep) * target[order]).mean()
    return run.descend_on(loss + own.class_penalty * class_penalty(mixed))


def corrected_target(logits: Tensor, given: Tensor, wrong: Tensor) -> Tensor:
    """(1 - wrong) y + wrong z, (B, K): given labels y (B,) int64, z the most probable class of logits (B, K)."""
    classes = logits.shape[1]
    return (1 - wrong[:, None]) * one_hot(given, classes) + wrong[:, None] * one_hot(logits.argmax(1), classes)


def memory_of(run: Training) -> WrongLabels:
    assert isinstance(run.state.memory, WrongLabels)
    return run.state.memory


def _warming_up(run: Training, epoch: int) -> bool:
    """A fresh network's losses tell nothing, so that one epoch is mixup alone in any case."""
    return epoch < max(1, run.settings.warm_up_epochs)


M_CORRECTION = Method(
    "mixed pairs, own labels where a mixture of the losses finds the given one wrong",
    "M-correction, M-DYR-H (Arazo et al., ICML 2019)",
    m_correction_step,
    cost=1.7,
    clean="never",
    settings=("m_correction", MCorrectionSettings),
    start=lambda own, state: WrongLabels(),
    before_epoch=m_correction_epoch,
    warms_up=True,
)
