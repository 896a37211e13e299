"""One step of the optimizer on a loss, or one gradient added to those of earlier batches."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.amp import GradScaler
from torch.optim import Optimizer

from l2b.batch import Batch
from l2b.candidate_losses import Loss, OwnLabel, element_loss
from l2b.errors import EngineError, NonFiniteError
from l2b.untouched import statistics_kept


def descend(
    model: nn.Module,
    optimizer: Optimizer,
    loss: Tensor,
    *,
    clip_norm: float | None,
    blended: dict[str, Tensor] | None = None,
    share: float = 0.0,
    step: bool = True,
    scaler: GradScaler | None = None,
) -> tuple[float, float]:
    """Backward, blend in `share` of the gradients `blended` (by parameter name), clip, optimizer.step.

    `step=False`: backward alone, the gradient added to what .grad holds. `scaler`: backward of the scaled loss; it
    takes the step and is updated, and without a step .grad stays scaled.
    Returns the loss and the norm of its own gradient before clipping, unscaled. Raises NonFiniteError, with parameters,
    optimizer and (`step=False`) .grad unchanged, where one is not finite; an infinite gradient under a scaler is left
    to it, which takes no step. Around the forward pass, `statistics_kept` keeps buffers. Raises EngineError for a loss
    without graph.
    """
    if not loss.requires_grad:
        raise EngineError(
            "the loss has no gradient to the parameters: torch.no_grad or inference_mode is on, logits_of or the loss "
            "detaches the logits, or no parameter requires a gradient"
        )
    parameters = list(model.parameters())
    earlier = None if step else [parameter.grad for parameter in parameters]
    if earlier is None:
        optimizer.zero_grad(set_to_none=True)
    else:
        _put(parameters, [None] * len(parameters))
    scale = 1.0 if scaler is None else scaler.get_scale()
    (loss if scaler is None else scaler.scale(loss)).backward()
    for name, parameter in model.named_parameters():
        if blended is not None and name in blended and parameter.grad is not None:
            parameter.grad.lerp_(scale * blended[name], share)
    if scaler is not None and step:
        scaler.unscale_(optimizer)
    norm = float(nn.utils.clip_grad_norm_(parameters, float("inf") if clip_norm is None else clip_norm))
    value, norm = float(loss.detach()), norm if step else norm / scale
    if not (torch.isfinite(loss) and (scaler is not None or norm < float("inf"))):
        optimizer.zero_grad(set_to_none=True)
        if earlier is not None:
            _put(parameters, earlier)
        raise NonFiniteError(f"loss {value} with gradient norm {norm}: no step was taken")
    if earlier is not None:
        _put(parameters, [_sum(old, parameter.grad) for old, parameter in zip(earlier, parameters, strict=True)])
    elif scaler is not None:
        scaler.step(optimizer)
        scaler.update()
    else:
        optimizer.step()
    torch.clear_autocast_cache()  # else an autocast around several steps goes on with casts of the old parameters
    return value, norm


def _put(parameters: list[nn.Parameter], gradients: Sequence[Tensor | None]) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient


def _sum(earlier: Tensor | None, own: Tensor | None) -> Tensor | None:
    if earlier is None or own is None:
        return own if earlier is None else earlier
    return earlier.add_(own)


def guess_loss(logits: Tensor, *, loss: Loss, own_label: OwnLabel) -> float:
    """Mean loss of a batch's logits under their own most probable labels: how sure the network is of its guesses."""
    return float(element_loss(logits, own_label(logits), loss).mean())


def meta_step(
    model: nn.Module,
    optimizer: Optimizer,
    meta_batch: Batch,
    *,
    loss: Loss,
    least: float = 0.0,
    clip_norm: float | None = None,
    scaler: GradScaler | None = None,
) -> bool:
    """An ordinary step on the meta batch's mean loss, none where that is below `least`; whether there was one.

    With `least` the train batch's `guess_loss`: no label of an image has a smaller cross-entropy than the most probable
    one, so a network to which clean and train images are the same has on clean labels at least the loss of its own
    guesses. Where it has less it knows the clean images themselves, and a step on them would teach it them alone.
    Running statistics see the meta batch either way. Raises NonFiniteError as `descend`.
    """
    x, y = meta_batch
    with statistics_kept(model):
        value = element_loss(model(x), y, loss).mean()
        if float(value.detach()) < least:
            return False
        descend(model, optimizer, value, clip_norm=clip_norm, scaler=scaler)
    return True
