"""Plain training on mixed pairs."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from l2b_run.training.batches import Batches
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


def drawn_pairs(batches: Batches, epoch: int, step: int, size: int, concentration: float) -> tuple[float, Tensor]:
    """Share l ~ Beta(a, a) of the first of each pair, and which of the batch's `size` rows is the other, (size,)."""
    rng = batches.other_draws(epoch, step)
    keep = float(rng.beta(concentration, concentration))
    return keep, torch.from_numpy(rng.permutation(size)).to(batches.device)


def mixup_step(run: Training, epoch: int, step: int, concentration: float) -> StepReport:
    """The given labels' step on mixed images, with the losses of both labels; one share a batch."""
    images, target, _ = run.batches.given(epoch, step)
    keep, order = drawn_pairs(run.batches, epoch, step, len(images), concentration)
    logits = run.state.model(keep * images + (1 - keep) * images[order])
    return run.descend_on(run.task.mixed_loss(logits, target, target[order], keep).mean())


def mixup(concentration: Callable[[Any], float]) -> Method:
    """mixup (Zhang et al. 2018); concentration: a of Beta(a, a), of a run's settings."""
    return Method(
        "plain training on mixed pairs of images and labels",
        "mixup (Zhang et al., 2018)",
        lambda run, epoch, step: mixup_step(run, epoch, step, concentration(run.settings)),
        clean="never",
    )
