"""One step of the MW-Net family: the weight net learns from the meta batch, then the model from its weights."""

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from l2b.batch import Batch, Inputs, checked_pair, device_of
from l2b.bootstrap_weights import alignments, weights_from
from l2b.candidate_losses import Loss, candidate_losses
from l2b.descend import descend
from l2b.lookahead import lookahead
from l2b.meta_gradient import gradient_at, meta_gradient
from l2b.model import LogitsOf, as_called
from l2b.train_step import Step
from l2b.untouched import full_precision, statistics_kept, untouched_rng
from l2b.weight_net.net import WeightNet, WeightNorm, batch_share


def weight_net_step(
    model: nn.Module,
    optimizer: Optimizer,
    weight_net: WeightNet,
    weight_optimizer: Optimizer,
    batch: Batch,
    meta_batch: Batch,
    *,
    loss: Loss,
    meta_loss: Loss | None = None,
    weight_norm: WeightNorm = batch_share,
    clip_norm: float | None = None,
    logits_of: LogitsOf | None = None,
) -> Step:
    """Step the weight net V down the meta loss, then the model down sum_i n(V(l))_i l_i; report the latter.

        theta_hat = theta - lr grad_theta sum_i n(V(l))_i l_i       virtual step: plain gradient descent
        V         : one step of `weight_optimizer` on mean_j meta_loss_j(theta_hat), through n and V
        theta     : one step of `optimizer` on sum_i n(V(l))_i l_i, with the new V

    batch = (x (B, C, *), y), meta_batch = (x (M, C, *), y) and `logits_of` as bootstrap_weights; `loss(logits, target)`
    -> (B, *E), one value an element; `weight_norm` n: `batch_share` (released code) or `batch_mean` (as printed).
    MW-Net: clean meta batch and
    cross-entropy; MNW-Net: noisy meta batch; RMNW-Net: noisy meta batch and an absolute error as `meta_loss`.
    Source: Meta-Weight-Net (Shu et al. 2019), RMNW-Net (WACV 2021) and their released code: the lr of the virtual step
    is `optimizer`'s, its momentum and weight decay take no part in it.

    The gradient to V is that of the textbook's double backward, without a second-order graph: the meta loss depends on
    weight i by d meta / d n_i = -lr <u, grad l_i(theta)>, u its gradient at theta_hat, which one forward-mode pass
    gives for all i; sum_i n(V(l))_i (d meta / d n_i), the latter held constant, has the same gradient to V.
    `weights` of the report are the model's, n(V(l)), (1, B, *E). The weight net's gradient is left in its .grad.
    Running statistics advance once, in the model's own step, whose dropout masks the extra passes share.
    torch.autocast acts on that step alone.
    Raises BatchError, UnsupportedOptimizerError, EngineError as bootstrap_weights; NonFiniteError before weight net or
    model move where the meta gradient is not finite (in the model's own step: after the weight net's, the model as it
    was).
    """
    batch, meta_batch = checked_pair("batch", batch), checked_pair("meta batch", meta_batch)
    model = as_called(model, batch, logits_of)
    (x, y), (x_meta, y_meta) = batch, meta_batch
    here = lookahead(model, optimizer, through="none")
    with untouched_rng(device_of(x)):
        losses, gradient = _virtual_gradient(model, weight_net, weight_norm, x, y, loss)
    theta_hat = {
        name: theta - here.step_sizes[name] * gradient[name] if name in gradient else theta
        for name, theta in here.parameters.items()
    }
    with untouched_rng(device_of(x)):
        u = meta_gradient(model, theta_hat, x_meta, y_meta, loss if meta_loss is None else meta_loss)
    direction = {name: here.step_sizes[name] * value for name, value in u.items()}
    a = weights_from(alignments(model, direction, x, y, loss=loss, pseudo_label=None, mode="exact"), None)
    with torch.enable_grad(), full_precision(device_of(x)):
        descend(weight_net, weight_optimizer, -(a[0] * weight_norm(weight_net(losses))).sum(), clip_norm=None)
    with torch.no_grad(), full_precision(device_of(x)):
        weights = weight_norm(weight_net(losses))
    with statistics_kept(model):
        fresh = candidate_losses(logits := model(x), y, loss)
        value, norm = descend(model, optimizer, (weights * fresh[0]).sum(), clip_norm=clip_norm)
    return Step(value, weights[None], logits.detach(), norm, not bool(weights.any()))


def _virtual_gradient(
    model: nn.Module, weight_net: WeightNet, weight_norm: WeightNorm, x: Inputs, y: Tensor, loss: Loss
) -> tuple[Tensor, dict[str, Tensor]]:
    """Losses (B, *E), detached, and the gradient of their weighted sum by name of parameter; no trace is left."""
    kept: list[Tensor] = []

    def weighted_sum(logits: Tensor) -> Tensor:
        losses = candidate_losses(logits, y, loss)[0]
        with torch.no_grad():
            weights = weight_norm(weight_net(losses))
        kept.append(losses.detach())
        return (weights * losses).sum()

    gradient = gradient_at(model, dict(model.named_parameters()), x, weighted_sum)
    return kept[0], gradient
