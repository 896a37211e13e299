"""Where the clean batch pulls the parameters."""

import torch
from torch import Tensor, nn

from l2b.candidate_losses import Loss
from l2b.untouched import forward_with


def meta_gradient(
    model: nn.Module, parameters: dict[str, Tensor], x_meta: Tensor, y_meta: Tensor, loss: Loss
) -> dict[str, Tensor]:
    """u = gradient of the mean loss on the meta batch, at `parameters` (theta_hat): name -> tensor.

    x_meta (M, C, *), y_meta whatever `loss` takes; one reverse pass. Parameters that take no part get zeros.
    Only names that require grad in the model are in the result. Model, buffers and .grad are not touched.
    Source: L2B (CVPR 2024) eq. 6-7.
    """
    trainable = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    leaves = {name: parameters[name].detach().requires_grad_() for name in trainable}
    with torch.enable_grad():
        logits = forward_with(model, {**parameters, **leaves}, x_meta)
        meta_loss = loss(logits, y_meta).mean()
        gradients = torch.autograd.grad(meta_loss, list(leaves.values()), materialize_grads=True)
    return dict(zip(trainable, gradients, strict=True))
