"""Plain training on the given labels with another loss: bootstrapping (Reed et al., 2015) and the focal loss."""

from collections.abc import Callable
from typing import Any

from pydantic import Field

from l2b.candidate_losses import Loss
from l2b_cls.losses import bootstrap_hard, bootstrap_soft, focal
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Training
from l2b_run.training.step_report import StepReport


class LossSettings(Strict):
    """bootstrap-hard, bootstrap-soft, focal and mixup."""

    bootstrap_hard: float = Field(0.8, ge=0, le=1, description="share of the given label in the target")
    bootstrap_soft: float = Field(0.95, ge=0, le=1, description="share of the given label in the target")
    detach_target: bool = Field(False, description="bootstrap-soft: no gradient through the prediction in the target")
    focal_gamma: float = Field(2.0, ge=0, description="how much less well-predicted labels count; 0: cross-entropy")
    mixup_alpha: float = Field(1.0, gt=0, description="mixup: a pair's share ~ Beta(a, a)")


def _on_given(text: str, source: str, loss_of: Callable[[Any], Loss]) -> Method:
    """Plain training on the given labels with the loss that `loss_of` makes of the block `losses`."""

    def given_loss_step(run: Training, epoch: int, step: int) -> StepReport:
        drawn = run.batches.given(epoch, step)
        return run.descend_on(loss_of(run.own)(run.state.model(drawn.images), drawn.target).mean())

    return Method(text, source, given_loss_step, clean="never", settings=("losses", LossSettings))


BOOTSTRAP_HARD = _on_given(
    "given label and own prediction mixed, hard",
    "Reed et al. (2015); L2B (CVPR 2024), eq. 1-2",
    lambda own: bootstrap_hard(own.bootstrap_hard),
)
BOOTSTRAP_SOFT = _on_given(
    "given label and own probabilities mixed",
    "Reed et al. (2015)",
    lambda own: bootstrap_soft(own.bootstrap_soft, detach_target=own.detach_target),
)
FOCAL = _on_given("focal loss on the given labels", "Lin et al. (2017)", lambda own: focal(own.focal_gamma))
