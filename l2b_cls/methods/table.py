"""The methods, as values: each is a training step on what the feed gives it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from l2b import Step, batch_mean, batch_share, train_step, weight_net_step
from l2b.candidate_losses import Loss, PseudoLabel
from l2b.train_step import descend
from l2b_cls.batches.feed import Feed
from l2b_cls.config import MethodName, Settings
from l2b_cls.losses import absolute_error, bootstrap_hard, bootstrap_soft, cross_entropy, focal
from l2b_cls.methods.glc import glc_loss, glc_phase, gold_size
from l2b_cls.methods.memory import TrainState
from l2b_cls.methods.mix import mix
from l2b_cls.methods.online_meta import online_meta
from l2b_cls.schedule import finetune_start
from l2b_run.settings.normalizer import normalizer_of


@dataclass(frozen=True)
class StepReport:
    """What one step did; `beta_share` is the pseudo-label's share of all weight, None for methods without weights.

    position (n,) int64: training samples, with the weights alpha and beta (n,) they got in this step; None where the
    step weighs nothing (warm-up, methods without weights). A mixed pair's weights stand for both its samples.
    """

    loss: float
    gradient_norm: float
    beta_share: float | None = None
    no_weight: bool = False
    position: Tensor | None = None
    alpha: Tensor | None = None
    beta: Tensor | None = None


MethodStep = Callable[[TrainState, Feed, Settings, int, int], StepReport]
BeforeEpoch = Callable[[TrainState, Feed, Settings, int], Feed]


@dataclass(frozen=True)
class Method:
    """A training step, one line of what it is, and what changes before an epoch (given back: the feed to go on with).

    `clean_labels`: whether it sees the meta samples' clean labels (where `meta.source` is "clean").
    """

    step: MethodStep
    text: str
    clean_labels: bool = True
    before_epoch: BeforeEpoch | None = None


def plain_step(
    state: TrainState, settings: Settings, images: Tensor, target: Tensor, loss: Loss = cross_entropy
) -> StepReport:
    """One ordinary step on the mean `loss` of (images, target)."""
    value = loss(state.model(images), target).mean()
    return StepReport(*descend(state.model, state.optimizer, value, clip_norm=settings.optimizer.clip_norm))


def given_only(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """ce: cross-entropy of the given labels, whatever they are."""
    images, labels, _ = feed.given(epoch, step)
    return plain_step(state, settings, images, labels)


def clean_only(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """The meta samples alone."""
    return plain_step(state, settings, *feed.clean(epoch, step, settings.batch_size))


def on_given(loss_of: Callable[[Settings], Loss]) -> MethodStep:
    """Plain training on the given labels with another loss, made from the settings."""

    def method_step(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
        images, labels, _ = feed.given(epoch, step)
        return plain_step(state, settings, images, labels, loss_of(settings))

    return method_step


def mixup(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """mixup (Zhang et al. 2018): images mixed, and the losses of both labels; one lambda ~ Beta(a, a) a batch."""
    images, labels, _ = feed.given(epoch, step)
    mixed = mix(images, labels, feed.other_draws(epoch, step), settings.losses.mixup_alpha, len(settings.task.classes))
    return plain_step(state, settings, mixed.images, mixed.target)


def joint(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """Given and clean labels together; clean samples fill `clean_share` of a batch, far more than their number, or, by
    "steps", get a step of their own after each given batch (what l2rw and l2b do with supervised_meta_step), in the
    epochs of `clean_steps`.
    """
    if settings.joint_by == "steps":
        report = given_only(state, feed, settings, epoch, step)
        if settings.clean_step_in(epoch):
            plain_step(state, settings, *feed.clean(epoch, step, settings.meta_batch_size))
        return report
    share = settings.clean_share
    clean_size = max(1, round(settings.batch_size * share / (1 - share)))
    (images, labels, _), clean = feed.given(epoch, step), feed.clean(epoch, step, clean_size)
    return plain_step(state, settings, torch.cat([images, clean[0]]), torch.cat([labels, clean[1]]))


def finetune(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """Plain training first, the clean samples alone in the last epochs."""
    chosen = clean_only if epoch >= finetune_start(settings) else given_only
    return chosen(state, feed, settings, epoch, step)


def glc(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """Gold Loss Correction (Hendrycks et al. 2018): plain; then, from the start again, gold and corrected silver."""
    if state.correction is None:
        return given_only(state, feed, settings, epoch, step)
    images, labels, _ = feed.given(epoch, step)
    gold = feed.clean(epoch, step, gold_size(feed, settings))
    logits = state.model(torch.cat([images, gold[0]]))
    value = glc_loss(logits, labels, gold[1], state.correction).mean()
    return StepReport(*descend(state.model, state.optimizer, value, clip_norm=settings.optimizer.clip_norm))


def weighted_by_net(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """mwnet, mnwnet, rmnwnet: a weight of each sample's loss, by a net that learns from the meta batch."""
    if epoch < settings.warm_up_epochs:
        return given_only(state, feed, settings, epoch, step)
    assert state.weight_net is not None
    assert state.weight_optimizer is not None
    images, labels, position = feed.given(epoch, step)
    done = weight_net_step(
        state.model,
        state.optimizer,
        state.weight_net,
        state.weight_optimizer,
        (images, labels),
        feed.clean(epoch, step, settings.meta_batch_size),
        loss=cross_entropy,
        meta_loss=meta_loss_of(settings),
        weight_norm=batch_share if settings.weight_net.weight_norm == "sum1" else batch_mean,
        clip_norm=settings.optimizer.clip_norm,
    )
    return reported(done, position)


def reweight_given(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """l2rw: weights on the given label alone (Ren et al. 2018)."""
    return _weighted(state, feed, settings, epoch, step, with_pseudo=False)


def bootstrap(state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int) -> StepReport:
    """l2b: alpha on the given label and beta on the pseudo-label of every sample (L2B, CVPR 2024)."""
    return _weighted(state, feed, settings, epoch, step, with_pseudo=settings.bootstrap.candidates != "given")


def _weighted(
    state: TrainState, feed: Feed, settings: Settings, epoch: int, step: int, *, with_pseudo: bool
) -> StepReport:
    chosen, warm_up = settings.bootstrap, epoch < settings.warm_up_epochs
    if warm_up and settings.meta.source != "clean":
        return given_only(state, feed, settings, epoch, step)  # nobody judges or teaches yet
    images, target, position = feed.given(epoch, step)
    if settings.method == "l2b" and chosen.mixup_alpha is not None and not warm_up:
        mixed = mix(images, target, feed.other_draws(epoch, step), chosen.mixup_alpha, len(settings.task.classes))
        images, target, position = mixed.images, mixed.target, torch.cat([position, position[mixed.order]])
    pseudo = teacher_pseudo_label(state, images) if chosen.pseudo_label == "teacher" else top_class
    done = train_step(
        state.model,
        state.optimizer,
        (images, target),
        feed.clean(epoch, step, settings.meta_batch_size),
        loss=cross_entropy,
        meta_loss=meta_loss_of(settings),
        pseudo_label=pseudo if with_pseudo else None,
        normalize=normalizer_of(chosen),
        lookahead=chosen.lookahead,
        mode=chosen.mode,
        meta_average=state.judge if chosen.judge_decay else None,
        clip_norm=settings.optimizer.clip_norm,
        warm_up=warm_up,
        supervised_meta_step=settings.clean_step_in(epoch),
    )
    return StepReport(done.loss, done.gradient_norm, beta_share=0.0) if warm_up else reported(done, position)


def top_class(logits: Tensor) -> Tensor:
    """The network's own most probable class, (B,) int64 of logits (B, K)."""
    return logits.argmax(1)


def teacher_pseudo_label(state: TrainState, images: Tensor) -> PseudoLabel:
    """The averaged network's own class of `images`, computed once, as a constant."""
    teacher = state.evaluated.eval()
    with torch.no_grad():
        target = top_class(teacher(images))
    return lambda logits: target


def meta_loss_of(settings: Settings) -> Loss:
    """What the meta batch is judged by."""
    return absolute_error if settings.meta.loss == "mae" else cross_entropy


def reported(done: Step, position: Tensor) -> StepReport:
    """An engine's step (weights (K, B)) as a report; `position` (B,), or (2 B,) where pairs of samples were mixed."""
    total = float(done.weights.sum())
    share = float(done.weights[1:].sum()) / total if total > 0 else 0.0
    each = done.weights.repeat(1, len(position) // done.weights.shape[1])
    beta = each[1] if len(each) > 1 else None
    return StepReport(done.loss, done.gradient_norm, share, done.no_weight, position, each[0], beta)


METHODS: dict[MethodName, Method] = {
    "ce": Method(given_only, "plain training on the given labels", clean_labels=False),
    "bootstrap-hard": Method(
        on_given(lambda s: bootstrap_hard(s.losses.bootstrap_hard)),
        "given label and own prediction mixed, hard (Reed et al.)",
        clean_labels=False,
    ),
    "bootstrap-soft": Method(
        on_given(lambda s: bootstrap_soft(s.losses.bootstrap_soft, detach_target=s.losses.detach_target)),
        "given label and own probabilities mixed (Reed et al.)",
        clean_labels=False,
    ),
    "mixup": Method(mixup, "plain training on mixed pairs of images and labels", clean_labels=False),
    "focal": Method(on_given(lambda s: focal(s.losses.focal_gamma)), "focal loss on the given labels", False),
    "glc": Method(glc, "Gold Loss Correction: the label noise estimated from the clean samples", True, glc_phase),
    "joint": Method(joint, "given and clean labels together, clean ones oversampled"),
    "finetune": Method(finetune, "plain training, then the clean samples alone"),
    "l2rw": Method(reweight_given, "weights on the given labels (L2RW)", True, online_meta),
    "mwnet": Method(weighted_by_net, "weights by a net of the loss, clean meta set (MW-Net)"),
    "mnwnet": Method(weighted_by_net, "weights by a net of the loss, noisy meta set (MNW-Net)", clean_labels=False),
    "rmnwnet": Method(
        weighted_by_net, "weights by a net of the loss, noisy meta set, absolute error (RMNW-Net)", clean_labels=False
    ),
    "l2b": Method(bootstrap, "weights on given labels and pseudo-labels", True, online_meta),
}
