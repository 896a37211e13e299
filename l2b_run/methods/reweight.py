"""Weights of every element's labels, learnt from the meta batch: L2B, and L2RW, which weighs the given label alone."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from l2b import Normalizer, Step, train_step
from l2b.candidate_losses import PseudoLabel
from l2b_run.methods.plain import given_step
from l2b_run.settings.normalizer import normalizer_of
from l2b_run.settings.shared import BETWEEN_LABELS, TrainingSettings
from l2b_run.training.batches import Batches, Drawn
from l2b_run.training.method import Method, Training
from l2b_run.training.method_settings import clean_step_faults
from l2b_run.training.state import TrainState
from l2b_run.training.step_report import StepReport
from l2b_run.training.task import Task, meta_loss_of


@dataclass(frozen=True)
class Candidates:
    """What a weighted step weighs: a batch under its given labels, its pseudo-label, and the meta batch that judges.

    normalize: from alignments to weights; None: as the settings say.
    """

    drawn: Drawn
    meta: tuple[Tensor, Tensor]
    pseudo_label: PseudoLabel
    normalize: Normalizer | None = None


DrawCandidates = Callable[[Training, int, int], Candidates]


def own(run: Training, epoch: int, step: int, drawn: Drawn | None = None) -> Candidates:
    """The batches of this step (`drawn` instead of the given one), and the most probable label of the logits."""
    drawn = run.batches.given(epoch, step) if drawn is None else drawn
    meta = run.batches.clean(epoch, step, run.settings.meta_batch_size)
    return Candidates(drawn, meta, run.task.hard_pseudo_label)


def own_or_teacher(run: Training, epoch: int, step: int, drawn: Drawn | None = None) -> Candidates:
    """As `own`, with the pseudo-label the settings name."""
    found = own(run, epoch, step, drawn)
    if run.settings.bootstrap.pseudo_label != "teacher":
        return found
    return replace(found, pseudo_label=teacher_pseudo_label(run.state, found.drawn.images, run.task))


def teacher_pseudo_label(state: TrainState, images: Tensor, task: Task) -> Tensor:
    """The averaged network's own label of `images`, a target like the given one."""
    teacher = state.evaluated.eval()
    with torch.no_grad():
        return task.hard_pseudo_label(teacher(images))


def reported(done: Step, position: Tensor | None) -> StepReport:
    """An engine's step (weights (K, B, *E)) as a report; `position` (B,), or (2 B,) where pairs were mixed, or None."""
    total = float(done.weights.sum())
    share = float(done.weights[1:].sum()) / total if total > 0 else 0.0
    if position is None:
        return StepReport(done.loss, done.gradient_norm, share, done.no_weight)
    each = done.weights.repeat(1, len(position) // done.weights.shape[1])
    beta = each[1] if len(each) > 1 else None
    return StepReport(done.loss, done.gradient_norm, share, done.no_weight, position, each[0], beta)


@dataclass
class PastLosses:
    """Losses of the online meta set's earlier choices, (n,) float64 each, the last ones."""

    past: list[Tensor] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        return {"past": self.past}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.past = [value.cpu() for value in state["past"]]


def l2b(draw: DrawCandidates = own_or_teacher) -> Method:
    """alpha on the given label and beta on the pseudo-label of every element (L2B, CVPR 2024)."""
    return Method(
        "weights on given labels and pseudo-labels",
        "L2B (CVPR 2024)",
        lambda run, epoch, step: weighted_step(
            run, epoch, step, draw, with_pseudo=run.settings.bootstrap.candidates != "given"
        ),
        cost=3.0,
        clean="judge",
        start=lambda own, state: PastLosses(),
        before_epoch=_online_meta,
        faults=lambda settings: _faults(settings, one_label=settings.bootstrap.candidates == "given"),
        warms_up=True,
    )


def given_weights(source: str, draw: DrawCandidates = own_or_teacher) -> Method:
    """Weights on the given label alone (L2RW, Ren et al. 2018; a pixel: NL reweighting, Mirikharaji et al. 2019)."""
    return Method(
        "weights on the given labels",
        source,
        lambda run, epoch, step: weighted_step(run, epoch, step, draw, with_pseudo=False),
        cost=3.0,
        clean="judge",
        start=lambda own, state: PastLosses(),
        before_epoch=_online_meta,
        faults=lambda settings: _faults(settings, one_label=True),
        warms_up=True,
    )


def weighted_step(run: Training, epoch: int, step: int, draw: DrawCandidates, *, with_pseudo: bool) -> StepReport:
    settings, chosen, warm_up = run.settings, run.settings.bootstrap, epoch < run.settings.warm_up_epochs
    if warm_up and settings.meta.source != "clean":
        return given_step(run, epoch, step)  # no meta set yet: a plain step
    candidates = draw(run, epoch, step)
    done = train_step(
        run.state.model,
        run.state.optimizer,
        candidates.drawn[:2],
        candidates.meta,
        loss=run.task.loss,
        meta_loss=meta_loss_of(run.task, run.settings),
        pseudo_label=candidates.pseudo_label if with_pseudo else None,
        normalize=candidates.normalize or normalizer_of(chosen),
        lookahead=chosen.lookahead,
        mode=chosen.mode,
        meta_average=run.state.judge if chosen.judge_decay else None,
        clip_norm=settings.optimizer.clip_norm,
        warm_up=warm_up,
        supervised_meta_step=chosen.supervised_meta_step and settings.clean_step_in(epoch),
        own_label=run.own_label,
        clean_share=chosen.clean_gradient,
        teaching_loss=run.task.teaching_loss if run.settings.meta.loss == "cross_entropy" else None,
    )
    report = reported(done, candidates.drawn.position)
    if run.keep_weights is not None and not warm_up:
        run.keep_weights(run, done.weights, epoch, step)
    if warm_up:
        report = StepReport(done.loss, done.gradient_norm, beta_share=0.0)
    return replace(report, clean_step=done.meta_step) if chosen.supervised_meta_step else report


def _online_meta(run: Training, epoch: int) -> Batches:
    """The batches of this epoch: judged by what the network takes for clean, once the warm-up is over."""
    if run.settings.meta.source != "online" or epoch < run.settings.warm_up_epochs:
        return run.batches
    return run.choose_meta(run, epoch)


def _faults(settings: TrainingSettings, *, one_label: bool) -> list[str]:
    faults = clean_step_faults(settings) if settings.bootstrap.supervised_meta_step else []
    if one_label and settings.bootstrap.normalize in BETWEEN_LABELS:
        faults.append(
            f"bootstrap.normalize {settings.bootstrap.normalize!r} weighs the labels of an element against each other; "
            f"method {settings.method} has one here and would weigh all alike: take rectified, softmax, sigmoid or "
            "soft_trust"
        )
    return faults
