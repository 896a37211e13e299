"""Self-paced learning: easy samples first, by the loss of their given label."""

from pydantic import Field

from l2b_cls.methods.loss_threshold import LossThreshold, threshold_of
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


class SelfPacedSettings(Strict):
    """self-paced: the share of a batch that trains grows from `begin` to `end`, evenly over the epochs.

    With a known noise rate r, begin = end = 1 - r keeps it fixed.
    """

    begin: float = Field(0.5, gt=0, le=1, description="share of a batch that trains in the first epoch")
    end: float = Field(1.0, gt=0, le=1, description="share of a batch that trains in the last epoch")
    all_until: float = Field(0.18, ge=0, lt=1, description="share of the epochs, at the start, in which all train")
    decay: float = Field(0.9, ge=0, lt=1, description="moving average of the threshold over steps")


def self_paced_step(run: Training, epoch: int, step: int) -> StepReport:
    """The mean loss of the samples v_i = 1[loss_i <= lambda]; of none, the batch's easiest one."""
    own, epochs = run.own, run.settings.epochs
    if epoch < own.all_until * epochs:
        return given_step(run, epoch, step)
    drawn = run.batches.given(epoch, step)
    losses = run.task.loss(run.state.model(drawn.images), drawn.target)
    share = own.begin + (own.end - own.begin) * epoch / max(1, epochs - 1)
    threshold = threshold_of(run).moved(losses, share, own.decay)
    chosen = losses <= max(threshold, float(losses.detach().min()))
    return run.descend_on(losses[chosen].mean())


SELF_PACED = Method(
    "the samples of smallest loss alone, more of them with every epoch",
    "Self-paced learning (Kumar et al., NeurIPS 2010), with MentorNet's threshold (Jiang et al., ICML 2018)",
    self_paced_step,
    clean="never",
    settings=("self_paced", SelfPacedSettings),
    start=lambda own, state: LossThreshold(),
)
