"""One training step: weights, weighted loss, backward, clip, optimizer step."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer

from l2b.batch import Batch, Inputs, checked_pair, device_of
from l2b.bootstrap_weights import alignments, weights_from
from l2b.candidate_losses import Loss, OwnLabel, PseudoLabel, asked_once, candidate_losses
from l2b.descend import descend, guess_loss, meta_step
from l2b.finite_difference import Mode, finite_difference, require_mode, shifted
from l2b.judge import judge
from l2b.lookahead import Through
from l2b.meta_average import MetaAverage
from l2b.model import LogitsOf, as_called
from l2b.normalize import Normalizer, rectified
from l2b.untouched import statistics_kept, under_autocast


@dataclass(frozen=True)
class Step:
    """What a step did. `weights` and `logits` are detached; `gradient_norm` is the norm before clipping.

    `no_weight`: every weight was zero, so that only weight decay and momentum moved the parameters. `meta_step`: a
    supervised meta step followed.
    """

    loss: float
    weights: Tensor
    logits: Tensor
    gradient_norm: float
    no_weight: bool
    meta_step: bool = False


def train_step(
    model: nn.Module,
    optimizer: Optimizer,
    batch: Batch,
    meta_batch: Batch,
    *,
    loss: Loss,
    meta_loss: Loss | None = None,
    pseudo_label: PseudoLabel | None = None,
    normalize: Normalizer = rectified,
    lookahead: Through = "optimizer",
    mode: Mode = "exact",
    meta_average: MetaAverage | None = None,
    clip_norm: float | None = None,
    warm_up: bool = False,
    supervised_meta_step: bool = False,
    own_label: OwnLabel | None = None,
    clean_share: float = 0.0,
    logits_of: LogitsOf | None = None,
    step: bool = True,
    scaler: GradScaler | None = None,
    teaching_loss: Loss | None = None,
) -> Step:
    """Take one step on sum(weights * losses) (L2B, CVPR 2024, eq. 3) and report it; arguments as bootstrap_weights.

    `mode="fast"` costs one forward pass and the meta gradient more than a plain step: it shares the step's own forward.
    `meta_loss`: that of the meta batch, where it is another one (RMNW-Net: an absolute error, for a noisy meta batch).
    `warm_up=True`: the plain mean of the given label's loss instead of the weighted sum. `clip_norm`: L2 norm of the
    whole gradient. The clean batch can also teach, not only judge, in two ways the paper does not have:
    `supervised_meta_step=True`, an ordinary step of its own on its mean loss after the weighted one (released
    segmentation code; a forward and a backward pass more), or `clean_share` > 0: the step's gradient is
    (1 - clean_share) times its own plus clean_share times the meta gradient, which is there anyway.
    `teaching_loss`: that of the warm-up's plain mean and of the supervised meta step, where it is another one (Dice).
    `own_label(logits)`, the network's most probable label: no supervised meta step on a batch known by heart, whose
    loss is below the train batch's `guess_loss` (`meta_step` says why).
    torch.autocast acts on the step's own passes alone; the weights are those of the parameters' own precision, which
    costs "fast" a further pass.
    `step=False`: the gradient is added to what .grad holds and the optimizer does not move, for a loop that
    accumulates over batches and steps itself; `gradient_norm` is then this batch's own. `scaler`: the loss is scaled,
    and the scaler takes the step and is updated (`step=False`: .grad stays scaled); where it finds an infinite gradient
    it takes none, and `gradient_norm` says so.
    Raises NonFiniteError with parameters, buffers, optimizer and `meta_average` as they were (a non-finite supervised
    meta step: as after the weighted step, which was finite); else as bootstrap_weights.
    """
    require_mode(mode)
    batch = checked_pair("batch", batch)
    judges, teaches = not warm_up, supervised_meta_step or clean_share > 0
    if judges or teaches:
        meta_batch = checked_pair("meta batch", meta_batch)
    if not step and (clip_norm is not None or supervised_meta_step):
        raise ValueError("step=False takes no step: clip_norm and supervised_meta_step are for the loop to do")
    model = as_called(model, batch, logits_of)
    x, y = batch
    on_meta = loss if meta_loss is None else meta_loss
    judgement = None
    if judges or clean_share > 0:
        judgement = judge(
            model,
            optimizer,
            meta_batch,
            loss=on_meta,
            lookahead=lookahead,
            meta_average=meta_average,
            for_difference=judges and mode == "fast",
        )
    with statistics_kept(model):
        if warm_up or judgement is None:
            losses = candidate_losses(logits := model(x), y, teaching_loss or loss)
            objective, weights = losses.mean(), _given_only(losses, pseudo_label)
        else:
            a, losses, logits = _alignments_and_losses(
                model, judgement.direction, x, y, loss=loss, pseudo_label=pseudo_label, mode=mode
            )
            weights = weights_from(a, normalize)
            objective = (weights * losses).sum()
        blended = judgement.gradient if judgement is not None and clean_share > 0 else None
        value, norm = descend(
            model,
            optimizer,
            objective,
            clip_norm=clip_norm,
            blended=blended,
            share=clean_share,
            step=step,
            scaler=scaler,
        )
    if meta_average is not None and judgement is not None:
        meta_average.update(judgement.gradient)
    logits = logits.detach()
    taught = False
    if supervised_meta_step:
        teach = teaching_loss or on_meta
        least = 0.0 if own_label is None else guess_loss(logits, loss=teach, own_label=own_label)
        taught = meta_step(model, optimizer, meta_batch, loss=teach, least=least, clip_norm=clip_norm, scaler=scaler)
    return Step(value, weights, logits, norm, not bool(weights.any()), taught)


def _alignments_and_losses(
    model: nn.Module,
    direction: dict[str, Tensor],
    x: Inputs,
    y: Tensor,
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None,
    mode: Mode,
) -> tuple[Tensor, Tensor, Tensor]:
    """a (K, B, *E), the losses (K, B, *E) and logits of the step's own forward pass, both with graph.

    Under autocast a difference drowns in the own pass's rounding, so that "fast" takes a further pass. The losses are
    then of the pseudo-labels of the engine's passes: near a tie, the own pass could give others than were weighed.
    """
    if rounded := under_autocast(device_of(x)):
        pseudo_label = asked_once(pseudo_label)
    if mode == "exact" or rounded:
        a = alignments(model, direction, x, y, loss=loss, pseudo_label=pseudo_label, mode=mode)
        return a, candidate_losses(logits := model(x), y, loss, pseudo_label), logits
    there = shifted(model, direction, x)
    losses = candidate_losses(logits := model(x), y, loss, pseudo_label)
    return finite_difference(there, logits, y, loss=loss, pseudo_label=pseudo_label), losses, logits


def _given_only(losses: Tensor, pseudo_label: PseudoLabel | None) -> Tensor:
    """The weights (K, B, *E) of the plain mean over the given label's losses (1, B, *E)."""
    given = torch.full_like(losses, 1 / losses.numel(), requires_grad=False)
    return given if pseudo_label is None else torch.cat([given, torch.zeros_like(given)])
