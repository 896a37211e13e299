"""Given and clean labels together."""

from dataclasses import replace

import torch

from l2b.descend import guess_loss, meta_step
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
        return _given_then_clean(run, epoch, step)
    share = settings.clean_share
    drawn = run.batches.given(epoch, step)
    clean = run.batches.clean(epoch, step, max(1, round(settings.batch_size * share / (1 - share))))
    logits = run.state.model(torch.cat([drawn.images, clean[0]]))
    return run.descend_on(run.task.teaching_loss(logits, torch.cat([drawn.target, clean[1]])).mean())


def _given_then_clean(run: Training, epoch: int, step: int) -> StepReport:
    settings, state, loss = run.settings, run.state, run.task.teaching_loss
    drawn = run.batches.given(epoch, step)
    logits = state.model(drawn.images)
    report = run.descend_on(loss(logits, drawn.target).mean())
    if not settings.clean_step_in(epoch):
        return replace(report, clean_step=False)
    least = 0.0 if run.own_label is None else guess_loss(logits.detach(), loss=loss, own_label=run.own_label)
    clean = run.batches.clean(epoch, step, settings.meta_batch_size)
    clip_norm = settings.optimizer.clip_norm
    taught = meta_step(state.model, state.optimizer, clean, loss=loss, least=least, clip_norm=clip_norm)
    return replace(report, clean_step=taught)


def _faults(settings: TrainingSettings) -> list[str]:
    return clean_step_faults(settings) if settings.joint_by == "steps" else []


JOINT = Method(
    "given and clean labels together, clean ones oversampled",
    "the fair rival of every method with clean labels; in no paper's table",
    joint_step,
    cost=2.0,
    faults=_faults,
)
