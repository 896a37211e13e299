"""Given and clean labels together."""

import torch

from l2b_run.methods.clean_only import clean_step
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.method import Method, Training
from l2b_run.training.method_settings import clean_step_faults
from l2b_run.training.step_report import StepReport


def joint_step(run: Training, epoch: int, step: int) -> StepReport:
    """Clean ones fill `clean_share` of a batch, far more than their number, or, by "steps", get a step of their own.

    That follows each given batch in the epochs of `clean_steps`: what `supervised_meta_step` adds to l2b.
    """
    settings = run.settings
    if settings.joint_by == "steps":
        report = given_step(run, epoch, step)
        if settings.clean_step_in(epoch):
            clean_step(run, epoch, step, settings.meta_batch_size)
        return report
    share = settings.clean_share
    drawn = run.batches.given(epoch, step)
    clean = run.batches.clean(epoch, step, max(1, round(settings.batch_size * share / (1 - share))))
    logits = run.state.model(torch.cat([drawn.images, clean[0]]))
    return run.descend_on(run.task.loss(logits, torch.cat([drawn.target, clean[1]])).mean())


def _faults(settings: TrainingSettings) -> list[str]:
    return clean_step_faults(settings) if settings.joint_by == "steps" else []


JOINT = Method(
    "given and clean labels together, clean ones oversampled",
    "the fair rival of every method with clean labels; in no paper's table",
    joint_step,
    cost=2.0,
    faults=_faults,
)
