"""What DivideMix, UniCon and C2D share: settings, a step of the warm-up, and the targets of L2B's step."""

from typing import Any, cast

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from l2b.descend import descend
from l2b_cls.methods.semi_supervised.mixed_loss import negative_entropy
from l2b_cls.methods.semi_supervised.samples import TrainingSamples
from l2b_run.methods.split import Split
from l2b_run.methods.two_networks import warm_up_faults
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Training
from l2b_run.training.step_report import StepReport


class TwoNetworkSettings(Strict):
    """The part of their settings that dividemix, c2d and unicon share; the warm-up's batches are of `batch_size`."""

    labelled_batch: int = Field(64, ge=2, description="labelled samples a step")
    unlabelled_weight: float = Field(25.0, ge=0, description="of the unlabelled samples' loss, reached by the ramp")
    ramp_epochs: float = Field(16.0, ge=0, description="epochs after the warm-up over which that weight grows")
    temperature: float = Field(0.5, gt=0, description="of sharpening")
    mixup_alpha: float = Field(4.0, gt=0, description="a pair's share ~ Beta(a, a)")
    entropy_penalty: bool = Field(False, description="warm-up: add the negative entropy (asymmetric noise)")
    warm_up_clip_norm: float | None = Field(None, gt=0, description="of the warm-up's gradient; null: as later")


def samples_of(run: Training) -> TrainingSamples:
    """The run's batches, which are of samples."""
    return cast(TrainingSamples, run.batches)


def warm_up_step(run: Training, epoch: int, step: int) -> StepReport:
    """Cross-entropy of the given labels, with `entropy_penalty` and the negative entropy, clipped as the block says."""
    own, drawn = run.own, run.batches.given(epoch, step)
    logits = run.state.model(drawn.images)
    loss = run.task.loss(logits, drawn.target).mean()
    if own.entropy_penalty:
        loss = loss + negative_entropy(logits)
    clip_norm = own.warm_up_clip_norm or run.settings.optimizer.clip_norm
    return StepReport(*descend(run.state.model, run.state.optimizer, loss, clip_norm=clip_norm))


def given_or_soft(run: Training, soft: Tensor, position: np.ndarray) -> Tensor:
    """The targets of L2B's step: the base's (B, K), or with `plug_in.labels` "noisy" the given ones (B,)."""
    return soft if run.settings.plug_in.labels == "soft" else samples_of(run).given_labels(position)


def trust_of(split: Split, position: np.ndarray, like: Tensor) -> Tensor:
    """The split's probability (B,) that the labels of these samples are clean, float32 beside `like`."""
    return torch.from_numpy(split.probability[position]).float().to(like.device)


def two_network_faults(settings: Any, *, pretrained: bool = False) -> list[str]:
    """What of the settings cannot train two networks by selection."""
    faults = warm_up_faults(settings)
    if pretrained and settings.network.weights is None:
        faults.append(
            "method c2d starts from networks trained without labels: make them with `l2b-cls pretrain simclr DATA "
            "--out FOLDER` and add --set network.weights=FOLDER/encoder.safetensors"
        )
    return faults
