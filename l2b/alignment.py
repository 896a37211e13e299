"""How far lowering each element's loss also lowers the meta loss."""

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from l2b.batch import Inputs, device_of
from l2b.candidate_losses import Loss, PseudoLabel, candidate_losses, of_primal
from l2b.errors import EngineError
from l2b.untouched import forward_with, full_precision


def alignment(
    model: nn.Module,
    direction: dict[str, Tensor],
    x: Inputs,
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
    A second model forward is paid for, outside autocast; running statistics, .grad and modes stay as they were. Torch's
    attention takes its plain form there, the fused ones having no forward-mode derivative.
    Raises EngineError where torch has no forward-mode derivative for one of the model's operations.
    """
    with torch.no_grad(), full_precision(device_of(x)), sdpa_kernel(SDPBackend.MATH), forward_ad.dual_level():
        parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
        for name, tangent in direction.items():
            parameters[name] = forward_ad.make_dual(parameters[name], tangent)
        try:
            logits = forward_with(model, parameters, x)
        except NotImplementedError as error:
            problem = f"the model has an operation without a forward-mode derivative ({error})"
            raise EngineError(problem, use={"mode": "fast"}) from error
        losses = candidate_losses(logits, y, loss, of_primal(pseudo_label))
        primal, tangents = forward_ad.unpack_dual(losses)
        return torch.zeros_like(primal) if tangents is None else tangents.clone()
