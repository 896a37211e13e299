"""One training step: weights, weighted loss, backward, clip, optimizer step."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.batch import Batch, require_pairs
from l2b.bootstrap_weights import bootstrap_weights, weights_from
from l2b.candidate_losses import Loss, PseudoLabel, candidate_losses
from l2b.direction import direction
from l2b.errors import NonFiniteError
from l2b.finite_difference import Mode, finite_difference, require_mode, shifted
from l2b.lookahead import Through
from l2b.meta_average import MetaAverage
from l2b.normalize import Normalizer, rectified


@dataclass(frozen=True)
class Step:
    """What a step did. `weights` and `logits` are detached; `gradient_norm` is the norm before clipping.

    `no_weight`: every weight was zero, so that only weight decay and momentum moved the parameters.
    """

    loss: float
    weights: Tensor
    logits: Tensor
    gradient_norm: float
    no_weight: bool


def train_step(
    model: nn.Module,
    optimizer: Optimizer,
    batch: Batch,
    meta_batch: Batch,
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None = None,
    normalize: Normalizer = rectified,
    lookahead: Through = "optimizer",
    mode: Mode = "exact",
    meta_average: MetaAverage | None = None,
    clip_norm: float | None = None,
    warm_up: bool = False,
    supervised_meta_step: bool = False,
) -> Step:
    """Take one step on sum(weights * losses) (L2B, CVPR 2024, eq. 3) and report it; arguments as bootstrap_weights.

    `mode="fast"` costs one forward pass and the meta gradient more than a plain step: it shares the step's own forward.
    `warm_up=True`: the plain mean of the given label's loss, no meta pass. `clip_norm`: L2 norm of the whole gradient.
    `supervised_meta_step=True`: after the weighted step, an ordinary step on the meta batch's mean loss (released
    segmentation code; not in the paper).
    Raises NonFiniteError before the optimizer moves anything (a non-finite supervised meta step: after the
    weighted step, which was finite); else as bootstrap_weights.
    """
    require_mode(mode)
    require_pairs("batch", batch)
    if supervised_meta_step or not warm_up:
        require_pairs("meta batch", meta_batch)
    x, y = batch
    if warm_up:
        losses = candidate_losses(logits := model(x), y, loss)
        objective, weights = losses.mean(), _given_only(losses, pseudo_label)
    elif mode == "exact":
        weights = bootstrap_weights(
            model, optimizer, batch, meta_batch,
            loss=loss, pseudo_label=pseudo_label, normalize=normalize, lookahead=lookahead, meta_average=meta_average,
        )  # fmt: skip
        losses = candidate_losses(logits := model(x), y, loss, pseudo_label)
        objective = (weights * losses).sum()
    else:
        along = direction(model, optimizer, meta_batch, loss=loss, lookahead=lookahead, meta_average=meta_average)
        there = shifted(model, along, x)
        losses = candidate_losses(logits := model(x), y, loss, pseudo_label)
        a = finite_difference(there, logits, y, loss=loss, pseudo_label=pseudo_label)
        weights = weights_from(a, normalize)
        objective = (weights * losses).sum()
    value, norm = descend(model, optimizer, objective, clip_norm=clip_norm)
    if supervised_meta_step:
        x_meta, y_meta = meta_batch
        descend(model, optimizer, loss(model(x_meta), y_meta).mean(), clip_norm=clip_norm)
    return Step(value, weights, logits.detach(), norm, not bool(weights.any()))


def _given_only(losses: Tensor, pseudo_label: PseudoLabel | None) -> Tensor:
    """The weights (K, B, *E) of the plain mean over the given label's losses (1, B, *E)."""
    given = torch.full_like(losses, 1 / losses.numel(), requires_grad=False)
    return given if pseudo_label is None else torch.cat([given, torch.zeros_like(given)])


def descend(model: nn.Module, optimizer: Optimizer, loss: Tensor, *, clip_norm: float | None) -> tuple[float, float]:
    """Backward, clip, optimizer.step; returns the loss and the gradient norm before clipping.

    Raises NonFiniteError, with the parameters and the optimizer's state unchanged, where either is not finite.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = float(nn.utils.clip_grad_norm_(model.parameters(), float("inf") if clip_norm is None else clip_norm))
    value = float(loss.detach())
    if not (torch.isfinite(loss) and norm < float("inf")):
        optimizer.zero_grad(set_to_none=True)
        raise NonFiniteError(f"loss {value} with gradient norm {norm}: no step was taken")
    optimizer.step()
    return value, norm
