"""The methods, as values: each is a training step on what the feed gives it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from l2b import Step, train_step
from l2b.candidate_losses import PseudoLabel
from l2b.train_step import descend
from l2b_run.settings.normalizer import normalizer_of
from l2b_run.training.state import TrainState
from l2b_seg.batches.feed import Feed
from l2b_seg.batches.views import view_pseudo_label
from l2b_seg.config import Settings
from l2b_seg.schedule import finetune_start
from l2b_seg.task import Task, task_of


@dataclass(frozen=True)
class StepReport:
    """What one step did; `beta_share` is the pseudo-label's share of all weight, None for methods without weights."""

    loss: float
    gradient_norm: float
    beta_share: float | None = None
    no_weight: bool = False


MethodStep = Callable[[TrainState, Feed, Settings, int, int], StepReport]


@dataclass(frozen=True)
class Method:
    """A training step and one line of what it is; `clean_cases`: whether it sees the meta cases' masks."""

    step: MethodStep
    text: str
    clean_cases: bool = True


def plain_step(state: TrainState, settings: Settings, image: Tensor, mask: Tensor) -> StepReport:
    """One ordinary step on the mean loss of (image, mask)."""
    loss = task_of(settings).loss(state.model(image), mask).mean()
    return StepReport(*descend(state.model, state.optimizer, loss, clip_norm=settings.optimizer.clip_norm))


def given_only(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """unetpp: the given masks, whatever they are."""
    return plain_step(state, settings, *feed.given(epoch, step, settings.batch_size))


def clean_only(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """meta: the few clean cases alone."""
    return plain_step(state, settings, *feed.clean(epoch, step, settings.batch_size))


def joint(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """Given and clean masks together; clean slices fill `clean_share` of a batch, far more than their number, or, by
    "steps", get a step of their own after each given batch (what nl and l2b do with supervised_meta_step).
    """
    if settings.joint_by == "steps":
        report = given_only(state, feed, settings, epoch, step)
        plain_step(state, settings, *feed.clean(epoch, step, settings.meta_batch_size))
        return report
    share = settings.clean_share
    clean_size = max(1, round(settings.batch_size * share / (1 - share)))
    given, clean = feed.given(epoch, step, settings.batch_size), feed.clean(epoch, step, clean_size)
    return plain_step(state, settings, torch.cat([given[0], clean[0]]), torch.cat([given[1], clean[1]]))


def finetune(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """Plain training first, the clean cases alone in the last epochs."""
    chosen = clean_only if epoch >= finetune_start(settings) else given_only
    return chosen(state, feed, settings, epoch, step)


def mixup(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """mixup (Zhang et al. 2018): images mixed, and the losses of both masks; one lambda ~ Beta(a, a) a batch."""
    image, mask = feed.given(epoch, step, settings.batch_size)
    rng = feed.other_draws(epoch, step)
    keep = float(rng.beta(settings.mixup_alpha, settings.mixup_alpha))
    order = torch.from_numpy(rng.permutation(len(image))).to(image.device)
    logits = state.model(keep * image + (1 - keep) * image[order])
    loss = task_of(settings).mixed_loss(logits, mask, mask[order], keep).mean()
    return StepReport(*descend(state.model, state.optimizer, loss, clip_norm=settings.optimizer.clip_norm))


def reweight_given(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """nl: pixel-wise weights on the given label alone (Mirikharaji et al. 2019; L2RW a pixel)."""
    return _weighted(state, feed, settings, epoch, step, with_pseudo=False)


def bootstrap(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """l2b: alpha on the given label and beta on the pseudo-label of every pixel (L2B, CVPR 2024)."""
    return _weighted(state, feed, settings, epoch, step, with_pseudo=True)


def _weighted(
    state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int, *, with_pseudo: bool
) -> StepReport:
    if settings.meta.source != "clean" and epoch < settings.warm_up_epochs:
        return given_only(state, feed, settings, epoch, step)  # nobody judges or teaches yet
    chosen, task = settings.bootstrap, task_of(settings)
    if chosen.pseudo_label == "views":
        image, mask, views = feed.given_views(epoch, step, settings.batch_size)
        meta_batch = feed.clean_views(epoch, step, settings.meta_batch_size)
        pseudo: PseudoLabel = view_pseudo_label(views, task)
    else:
        image, mask = feed.given(epoch, step, settings.batch_size)
        meta_batch = feed.clean(epoch, step, settings.meta_batch_size)
        teacher = chosen.pseudo_label == "teacher"
        pseudo = teacher_pseudo_label(state, image, task) if teacher else task.hard_pseudo_label
    done = train_step(
        state.model,
        state.optimizer,
        (image, mask),
        meta_batch,
        loss=task.loss,
        meta_loss=task.absolute_error if settings.meta.loss == "mae" else task.loss,
        pseudo_label=pseudo if with_pseudo else None,
        normalize=normalizer_of(chosen),
        lookahead=chosen.lookahead,
        mode=chosen.mode,
        meta_average=state.judge if chosen.judge_decay else None,
        clip_norm=settings.optimizer.clip_norm,
        warm_up=epoch < settings.warm_up_epochs,
        supervised_meta_step=chosen.supervised_meta_step,
        clean_share=settings.clean_share,
    )
    return StepReport(done.loss, done.gradient_norm, beta_share(done), done.no_weight)


def teacher_pseudo_label(state: TrainState, image: Tensor, task: Task) -> PseudoLabel:
    """The averaged network's own mask of `image`, computed once, as a constant."""
    teacher = state.evaluated.eval()
    with torch.no_grad():
        target = task.hard_pseudo_label(teacher(image))
    return lambda logits: target


def beta_share(step: Step) -> float:
    """The pseudo-label's share of a step's whole weight, in [0, 1]; 0 where there is none."""
    total = float(step.weights.sum())
    return float(step.weights[1:].sum()) / total if total > 0 else 0.0


METHODS: dict[str, Method] = {
    "unetpp": Method(given_only, "plain training on the given masks", clean_cases=False),
    "meta": Method(clean_only, "plain training on the clean cases alone"),
    "joint": Method(joint, "given and clean masks together, clean ones oversampled"),
    "finetune": Method(finetune, "plain training, then the clean cases alone"),
    "nl": Method(reweight_given, "pixel-wise weights on the given masks (NL reweighting)"),
    "mixup": Method(mixup, "plain training on mixed pairs of images and masks", clean_cases=False),
    "l2b": Method(bootstrap, "pixel-wise weights on given masks and pseudo-labels"),
}
