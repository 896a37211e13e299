"""The slow textbook way to the alignments: differentiate the meta loss through one SGD step, by double backward."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from l2b.candidate_losses import Loss, PseudoLabel, candidate_losses
from l2b.weight_net import WeightNet, WeightNorm


def alignments_by_double_backward(
    model: nn.Module,
    optimizer: torch.optim.SGD,
    batch: tuple[Tensor, Tensor],
    meta_batch: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None = None,
    lookahead: str = "optimizer",
) -> Tensor:
    """-d meta loss(theta_hat(weights)) / d weights at weights = 0, shape (K, B, *E) (L2B, CVPR 2024, eq. 4-7)."""
    weights: list[Tensor] = []

    def at_zero(losses: Tensor) -> Tensor:
        weights.append(torch.zeros_like(losses, requires_grad=True))
        return weights[0]

    value = _meta_loss_ahead(
        model, optimizer, at_zero, batch, meta_batch, loss=loss, pseudo_label=pseudo_label, lookahead=lookahead
    )
    return -torch.autograd.grad(value, weights)[0]


def _meta_loss_ahead(
    model: nn.Module,
    optimizer: torch.optim.SGD,
    weights_of: Callable[[Tensor], Tensor],
    batch: tuple[Tensor, Tensor],
    meta_batch: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None,
    lookahead: str,
) -> Tensor:
    """The meta loss after one step on sum(weights_of(losses) * losses), with the graph to those weights."""
    (x, y), (x_meta, y_meta) = batch, meta_batch
    theta = {name: p.detach().clone().requires_grad_(p.requires_grad) for name, p in model.named_parameters()}
    losses = candidate_losses(functional_call(model, theta | _buffers(model), (x,)), y, loss, pseudo_label)
    trainable = {name: p for name, p in theta.items() if p.requires_grad}
    gradients = torch.autograd.grad(
        (weights_of(losses) * losses).sum(), list(trainable.values()), create_graph=True, materialize_grads=True
    )
    gradient_of = dict(zip(trainable, gradients, strict=True))
    group_of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    theta_hat = dict(theta)
    for name, parameter in model.named_parameters():
        group = group_of.get(id(parameter))
        if group is not None and name in gradient_of:
            buffer = optimizer.state[parameter].get("momentum_buffer") if parameter in optimizer.state else None
            step = _sgd if lookahead == "optimizer" else _gradient_descent
            theta_hat[name] = step(theta[name], gradient_of[name], group, buffer)
    return loss(functional_call(model, theta_hat | _buffers(model), (x_meta,)), y_meta).mean()


def label_net_gradient_by_double_backward(
    model: nn.Module,
    optimizer: torch.optim.SGD,
    weights_of: Callable[[], Tensor],
    net: nn.Module,
    batch: tuple[Tensor, Tensor],
    meta_batch: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    pseudo_label: PseudoLabel | None,
) -> list[Tensor]:
    """d meta loss(theta_hat) / d net, a tensor a parameter, theta_hat one step on weights that start at 0.

    `weights_of()` -> the net's weights (K, B, *E) with graph; less their own value they are 0 and move as the net does.
    """
    weights = weights_of()
    value = _meta_loss_ahead(
        model, optimizer, lambda losses: weights - weights.detach(), batch, meta_batch,
        loss=loss, pseudo_label=pseudo_label, lookahead="optimizer",
    )  # fmt: skip
    return list(torch.autograd.grad(value, list(net.parameters())))


def weight_net_gradient_by_double_backward(
    model: nn.Module,
    lr: float,
    weight_net: WeightNet,
    batch: tuple[Tensor, Tensor],
    meta_batch: tuple[Tensor, Tensor],
    *,
    loss: Loss,
    meta_loss: Loss,
    weight_norm: WeightNorm,
) -> dict[str, Tensor]:
    """d meta loss(theta - lr grad sum_i n(V(l))_i l_i) / d V by the weight net's parameter names (MW-Net's step)."""
    (x, y), (x_meta, y_meta) = batch, meta_batch
    theta = {name: p.detach().clone().requires_grad_(p.requires_grad) for name, p in model.named_parameters()}
    losses = loss(functional_call(model, theta | _buffers(model), (x,)), y)
    total = (weight_norm(weight_net(losses.detach())) * losses).sum()
    trainable = {name: p for name, p in theta.items() if p.requires_grad}
    gradients = torch.autograd.grad(total, list(trainable.values()), create_graph=True, materialize_grads=True)
    ahead = {name: p - lr * gradient for (name, p), gradient in zip(trainable.items(), gradients, strict=True)}
    value = meta_loss(functional_call(model, theta | ahead | _buffers(model), (x_meta,)), y_meta).mean()
    names = [name for name, _ in weight_net.named_parameters()]
    return dict(zip(names, torch.autograd.grad(value, list(weight_net.parameters())), strict=True))


def _buffers(model: nn.Module) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def _gradient_descent(theta: Tensor, gradient: Tensor, group: dict[str, Any], buffer: Tensor | None) -> Tensor:
    return theta - group["lr"] * gradient


def _sgd(theta: Tensor, gradient: Tensor, group: dict[str, Any], buffer: Tensor | None) -> Tensor:
    """torch.optim.SGD's documented algorithm, line by line."""
    gradient = gradient + group["weight_decay"] * theta
    if group["momentum"] != 0:
        keep = 1 - group["dampening"]
        buffer = gradient if buffer is None else group["momentum"] * buffer + keep * gradient
        gradient = gradient + group["momentum"] * buffer if group["nesterov"] else buffer
    return theta - group["lr"] * gradient
