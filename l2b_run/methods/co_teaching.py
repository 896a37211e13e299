"""Co-teaching (Han et al., NeurIPS 2018): of each batch, a network learns what the other one takes for clean."""

from dataclasses import replace

from pydantic import Field
from torch import Tensor

from l2b_run.methods.mix_match import ramp
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


class CoTeachingSettings(Strict):
    """co-teaching: the share of a batch that is left out grows to `forget_rate` over the first epochs."""

    forget_rate: float = Field(0.2, ge=0, lt=1, description="share of wrong labels, taken for known")
    ramp_epochs: int = Field(10, ge=0, description="epochs until `forget_rate` is reached, evenly")


def co_teaching_step(run: Training, epoch: int, step: int) -> StepReport:
    """Both networks rank the batch (B, ...) by mean loss; each learns from the smallest ones of the other's ranking.

    The mean over the kept ones: the released code divides that mean by their number once more. Loss and gradient norm
    reported are the two networks' means.
    """
    assert run.state.second is not None
    second, drawn = replace(run, state=run.state.second), run.batches.given(epoch, step)
    left_out = run.own.forget_rate * ramp(epoch, run.own.ramp_epochs)
    kept = max(1, int((1 - left_out) * len(drawn.images)))
    losses = [_mean_losses(one, drawn.images, drawn.target) for one in (run, second)]
    chosen = [loss.detach().argsort(stable=True)[:kept] for loss in losses]
    done = [
        one.descend_on(loss[by_other].mean())
        for one, loss, by_other in zip((run, second), losses, reversed(chosen), strict=True)
    ]
    return StepReport(sum(one.loss for one in done) / 2, sum(one.gradient_norm for one in done) / 2)


def _mean_losses(run: Training, images: Tensor, target: Tensor) -> Tensor:
    """Losses (B,) of samples, or of slices: the mean over their pixels."""
    losses: Tensor = run.task.loss(run.state.model(images), target)
    return losses.reshape(len(losses), -1).mean(1)


CO_TEACHING = Method(
    "two networks, each learns what the other takes for clean",
    "Co-teaching (Han et al., NeurIPS 2018)",
    co_teaching_step,
    cost=2.0,
    clean="never",
    settings=("co_teaching", CoTeachingSettings),
    networks=2,
)
