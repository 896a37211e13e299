"""Plain training on mixed pairs."""

from collections.abc import Callable
from typing import Any

import torch

from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


def mixup(concentration: Callable[[Any], float]) -> Method:
    """mixup (Zhang et al. 2018): images mixed, and the losses of both labels; one lambda ~ Beta(a, a) a batch.

    concentration: a, of a run's settings.
    """

    def mixup_step(run: Training, epoch: int, step: int) -> StepReport:
        drawn, rng = run.batches.given(epoch, step), run.batches.other_draws(epoch, step)
        images, target, a = drawn.images, drawn.target, concentration(run.settings)
        keep = float(rng.beta(a, a))
        order = torch.from_numpy(rng.permutation(len(images))).to(images.device)
        logits = run.state.model(keep * images + (1 - keep) * images[order])
        return run.descend_on(run.task.mixed_loss(logits, target, target[order], keep).mean())

    return Method(
        "plain training on mixed pairs of images and labels", "mixup (Zhang et al., 2018)", mixup_step, clean="never"
    )
