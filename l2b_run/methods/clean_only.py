"""Plain training on the clean ones alone."""

from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


def clean_step(run: Training, epoch: int, step: int) -> StepReport:
    """An ordinary step on the mean loss of clean ones, as many as a train batch has."""
    images, target = run.batches.clean(epoch, step, run.settings.batch_size)
    return run.descend_on(run.task.teaching_loss(run.state.model(images), target).mean())


CLEAN_ONLY = Method(
    "plain training on the clean labels alone",
    "L2B (CVPR 2024), Table 5, its row 'meta'",
    clean_step,
    reads=lambda settings, epoch: (False, True),
    aliases=("meta",),
)
