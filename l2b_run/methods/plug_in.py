"""L2B on top of another method: a weighted step after each of the base's own."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from l2b import Step, train_step
from l2b_run.methods.reweight import reported
from l2b_run.methods.split import Split
from l2b_run.settings.normalizer import normalizer_of
from l2b_run.training.batches import Batches
from l2b_run.training.method import Training
from l2b_run.training.step_report import StepReport
from l2b_run.training.task import meta_loss_of


def plugged_in(run: Training, *, first: bool) -> bool:
    """Whether this network (the first one, or not) takes the step that L2B adds."""
    return first or run.settings.plug_in.networks == "both"


def plug_in_step(run: Training, images: Tensor, target: Tensor, meta: tuple[Tensor, Tensor]) -> Step:
    """One step of L2B on un-mixed views (B, C, ...), with the base's own targets as given labels.

    The same network and optimizer as the base's step, its momentum included, at the same learning rate; pseudo-labels
    are the network's own; `meta`: clean ones, or the base's labelled ones under their given labels (meta set of size
    0). The paper (L2B, CVPR 2024, Table 2) does not say that this is a step more, nor what counts as given label; the
    released code does it so.
    """
    settings, chosen = run.settings, run.settings.bootstrap
    run.state.model.train()
    return train_step(
        run.state.model,
        run.state.optimizer,
        (images, target),
        meta,
        loss=run.task.loss,
        meta_loss=meta_loss_of(run.task, settings),
        pseudo_label=run.task.hard_pseudo_label,
        normalize=normalizer_of(chosen),
        lookahead=chosen.lookahead,
        mode=chosen.mode,
        meta_average=run.state.judge if chosen.judge_decay else None,
        clip_norm=settings.plug_in.clip_norm,
    )


def judging_batches(run: Training, labelled: np.ndarray) -> Batches:
    """Batches whose meta set judges: the run's, or, without clean ones (`meta.source` "online"), the labelled ones.

    labelled (m,): positions of the epoch's labelled split, which judge under their given labels.
    """
    return run.batches.with_meta(labelled) if run.settings.meta.source == "online" else run.batches


@dataclass(frozen=True)
class PlugIn:
    """L2B's step after a base's, on one network; judges: whose meta set judges."""

    run: Training
    judges: Batches

    def after(
        self,
        base: StepReport,
        images: Tensor,
        target: Tensor,
        epoch: int,
        step: int,
        *,
        position: np.ndarray | None = None,
    ) -> StepReport:
        """The base step's report with L2B's shares, once its step on un-mixed views (B, C, H, W) is taken.

        position (B,): of the images in the training set, for `keep_weights`.
        """
        meta = self.judges.clean(epoch, step, self.run.settings.meta_batch_size)
        taken = plug_in_step(self.run, images, target, meta)
        if self.run.keep_weights is not None:
            self.run.keep_weights(self.run, taken.weights, epoch, step, position=position)
        done = reported(taken, None)
        return StepReport(base.loss, base.gradient_norm, done.beta_share, done.no_weight)


def plug_in_of(run: Training, split: Split, *, first: bool) -> PlugIn | None:
    """L2B on this network in this epoch; None where its settings leave the network out."""
    return PlugIn(run, judging_batches(run, split.labelled)) if plugged_in(run, first=first) else None
