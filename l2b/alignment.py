"""How far lowering each element's loss also lowers the meta loss."""

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from l2b.candidate_losses import Loss, PseudoLabel, candidate_losses
from l2b.untouched import forward_with


def alignment(
    model: nn.Module,
    direction: dict[str, Tensor],
    x: Tensor,
    y: Tensor,
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None = None,
) -> Tensor:
    """a[k, b, e] = <direction, grad_theta loss[k, b, e](theta)>, shape (K, B, *E), detached.

    `direction`: name -> tensor, the meta gradient times each parameter's step size; names left out count as zero.
    One pass in forward mode (JVP) gives every element's inner product at once, exactly, without a second-order
    graph; it equals minus the gradient of the meta loss to zero weights through the differentiable step
    (L2B, CVPR 2024, eq. 7). Elements that do not depend on the parameters get zeros.
    A second model forward is paid for; running statistics, .grad and modes stay as they were.
    """
    with torch.no_grad(), forward_ad.dual_level():
        parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
        for name, tangent in direction.items():
            parameters[name] = forward_ad.make_dual(parameters[name], tangent)
        logits = forward_with(model, parameters, x)
        losses = candidate_losses(logits, y, loss, _of_primal(pseudo_label))
        primal, tangents = forward_ad.unpack_dual(losses)
        return torch.zeros_like(primal) if tangents is None else tangents.clone()


def _of_primal(pseudo_label: PseudoLabel | None) -> PseudoLabel | None:
    """The same pseudo-label, drawn from values alone: a label carries no derivative."""
    if pseudo_label is None:
        return None
    return lambda logits: pseudo_label(forward_ad.unpack_dual(logits).primal)
