"""Plain training on the given labels."""

from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


def given_step(run: Training, epoch: int, step: int) -> StepReport:
    """An ordinary step on the mean loss of the given labels, whatever they are."""
    drawn = run.batches.given(epoch, step)
    return run.descend_on(run.task.teaching_loss(run.state.model(drawn.images), drawn.target).mean())


PLAIN = Method(
    "plain training on the given labels",
    "cross-entropy; the papers' baseline",
    given_step,
    clean="never",
)
