"""alpha and beta of every element: the engine's one public verb for loops of one's own."""

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.alignment import alignment
from l2b.batch import Batch, Inputs, checked_pair, device_of
from l2b.candidate_losses import Loss, PseudoLabel
from l2b.errors import NonFiniteError
from l2b.finite_difference import Mode, finite_difference, require_mode, shifted
from l2b.judge import judge
from l2b.lookahead import Through
from l2b.meta_average import MetaAverage
from l2b.model import LogitsOf, as_called
from l2b.normalize import Normalizer, rectified
from l2b.untouched import forward_with, full_precision, untouched_rng


def bootstrap_weights(
    model: nn.Module,
    optimizer: Optimizer,
    batch: Batch,
    meta_batch: Batch,
    *,
    loss: Loss,
    meta_loss: Loss | None = None,
    pseudo_label: PseudoLabel | None = None,
    normalize: Normalizer | None = rectified,
    lookahead: Through = "optimizer",
    mode: Mode = "exact",
    meta_average: MetaAverage | None = None,
    logits_of: LogitsOf | None = None,
) -> Tensor:
    """Weights (K, B, *E), detached: alpha = weights[0] for the given label, beta = weights[1] for the pseudo-label.

    batch = (x (B, C, *), y), meta_batch = (x (M, C, *), clean y); `loss(logits, target)` -> (B, *E);
    `pseudo_label`: a target like y, or a function of the logits that gives one; None for the given label only (K = 1:
    L2RW, pixel-wise NL reweighting). x may be the model's arguments by name, a dict of tensors (B, *), and
    `logits_of(output)` finds the logits in whatever the model returns.
    `normalize=None` returns the raw alignments a; `meta_loss`: that of the meta batch, where it is another one. Source:
    L2B (CVPR 2024) eq. 4-9. `mode="exact"`: one reverse pass on the meta batch, one forward-mode pass on the train
    batch. `mode="fast"`: a finite difference in place of the second (finite_difference.py says how far off); it pays
    in train_step, which has the step's own forward pass to share. `meta_average`: the judge is its moving average over
    calls, not this batch alone.

    Leaves parameters, buffers, running statistics, .grad, requires_grad, train / eval mode and torch's random streams
    as found; a step that follows draws the dropout masks the weights were computed under. Under torch.autocast the
    weights, and the pseudo-labels they refer to, are those of the parameters' own precision: autocast is off in here.
    Raises BatchError (sizes that differ, empty batch), NonFiniteError (`meta_average` then stays as it was),
    UnsupportedOptimizerError, and EngineError where the mode does not suit the model (no forward-mode derivative;
    "fast" in a model that computes below float32 by itself) or it checkpoints its activations in the reentrant way.
    """
    require_mode(mode)
    batch, meta_batch = checked_pair("batch", batch), checked_pair("meta batch", meta_batch)
    model = as_called(model, batch, logits_of)
    x, y = batch
    on_meta = loss if meta_loss is None else meta_loss
    judgement = judge(
        model,
        optimizer,
        meta_batch,
        loss=on_meta,
        lookahead=lookahead,
        meta_average=meta_average,
        for_difference=mode == "fast",
    )
    a = alignments(model, judgement.direction, x, y, loss=loss, pseudo_label=pseudo_label, mode=mode)
    weights = weights_from(a, normalize)
    if meta_average is not None:
        meta_average.update(judgement.gradient)
    return weights


def alignments(
    model: nn.Module,
    direction: dict[str, Tensor],
    x: Inputs,
    y: Tensor,
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None,
    mode: Mode,
) -> Tensor:
    """a (K, B, *E) along `direction`, by passes of its own, outside autocast, that leave no trace."""
    if mode == "exact":
        with untouched_rng(device_of(x)):
            return alignment(model, direction, x, y, loss=loss, pseudo_label=pseudo_label)
    there = shifted(model, direction, x)
    with torch.no_grad(), untouched_rng(device_of(x)), full_precision(device_of(x)):
        here = forward_with(model, {}, x)
    return finite_difference(there, here, y, loss=loss, pseudo_label=pseudo_label)


def weights_from(a: Tensor, normalize: Normalizer | None) -> Tensor:
    """The normalised alignments (K, B, *E), or `a` itself for None. Raises NonFiniteError where one is not finite."""
    if not bool(a.isfinite().all()):
        raise NonFiniteError(
            "the alignments are not finite: the loss or its gradient on the train or meta batch is NaN or infinite; "
            "look for non-finite images or a learning rate too high"
        )
    return a if normalize is None else normalize(a)
