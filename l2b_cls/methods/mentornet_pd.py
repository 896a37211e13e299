"""MentorNet with its predefined curriculum: every sample weighs by how far its loss is below a moving threshold."""

from typing import Any

import torch
from pydantic import Field
from torch import Tensor

from l2b_cls.methods.loss_threshold import LossThreshold, threshold_of
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


class MentorNetPdSettings(Strict):
    """mentornet-pd: all samples at first, then those of small loss, at last weights that fall with the loss."""

    percentile: float = Field(0.75, gt=0, le=1, description="share of a batch below the threshold (80 % noise: 0.5)")
    decay: float = Field(0.9, ge=0, lt=1, description="moving average of the threshold over steps")
    all_until: float = Field(0.18, ge=0, lt=1, description="share of the epochs, at the start, in which all train")
    graded_from: float = Field(0.9, gt=0, le=1, description="share of the epochs until weights fall with the loss")
    slope: float = Field(1.0, gt=0, description="loss above the threshold at which those weights reach 0")
    early_dropout: float = Field(0.5, ge=0, lt=1, description="share of a batch left out at random, at first")
    early_until: float = Field(0.17, ge=0, lt=1, description="share of the epochs with `early_dropout`")
    dropout: float = Field(0.05, ge=0, lt=1, description="share of a batch left out at random, later on")


def mentornet_pd_step(run: Training, epoch: int, step: int) -> StepReport:
    """The mean of v_i * loss_i over the batch, where a random part of v is set to 0."""
    own, epochs, drawn = run.own, run.settings.epochs, run.batches.given(epoch, step)
    losses = run.task.loss(run.state.model(drawn.images), drawn.target)
    threshold = threshold_of(run).moved(losses, own.percentile, own.decay)
    weights = curriculum(losses.detach() - threshold, own, epoch / epochs)
    rate = own.early_dropout if epoch < own.early_until * epochs else own.dropout
    out = run.batches.other_draws(epoch, step).permutation(len(losses))[int(len(losses) * (1 - rate)) :]
    weights[torch.from_numpy(out).to(weights.device)] = 0
    return run.descend_on((weights * losses).mean())


def curriculum(above: Tensor, own: MentorNetPdSettings, progress: float) -> Tensor:
    """v (B,) of losses that are `above` (B,) the threshold, at `progress` in [0, 1) of the epochs.

    1 up to `all_until`; then 1 where the loss is not above the threshold and 0 elsewhere; from `graded_from` on
    1 - above / slope, within [0, 1] (MentorNet, Jiang et al., ICML 2018).
    """
    if progress <= own.all_until:
        return torch.ones_like(above)
    if progress < own.graded_from:
        return (above <= 0).to(above.dtype)
    return (1 - above / own.slope).clamp(0, 1)


def _faults(settings: Any) -> list[str]:
    own = settings.mentornet_pd
    if own.all_until < own.graded_from:
        return []
    return [
        f"mentornet_pd.all_until {own.all_until} must be below mentornet_pd.graded_from {own.graded_from}: "
        "between them small losses train alone"
    ]


MENTORNET_PD = Method(
    "weights by the loss and a curriculum fixed in advance",
    "MentorNet-PD (Jiang et al., ICML 2018)",
    mentornet_pd_step,
    clean="never",
    settings=("mentornet_pd", MentorNetPdSettings),
    start=lambda own, state: LossThreshold(),
    faults=_faults,
)
