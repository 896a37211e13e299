"""The parameters one step ahead, at zero weights: where the meta gradient is taken."""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from l2b.errors import UnsupportedOptimizerError

Through = Literal["optimizer", "none"]


@dataclass(frozen=True)
class Lookahead:
    """theta_hat, and how far a unit of weight moves each parameter along minus the gradient of its loss.

    `parameters`: name -> theta_hat, detached, shape and dtype of the model's parameter.
    `step_sizes`: name -> d theta_hat / d weight = -step_size * grad; 0 for parameters no step moves.
    """

    parameters: dict[str, Tensor]
    step_sizes: dict[str, float]


def lookahead(model: nn.Module, optimizer: Optimizer, *, through: Through = "optimizer") -> Lookahead:
    """theta_hat = theta - lr (wd theta + momentum buffer): the optimizer's next step with every weight at zero.

    Source: L2B (CVPR 2024) eq. 4-5. The paper's step is plain gradient descent, which at zero weights leaves theta
    where it is (`through="none"`); the released code differentiates through the optimizer, so that
    weight decay and the momentum buffer move theta (`through="optimizer"`, the default; Nesterov and
    dampening follow torch.optim.SGD).

    Parameters frozen or unknown to the optimizer stay, with step size 0. Nothing of model or optimizer is changed.
    "none" takes any optimizer: the paper's gradient descent at its learning rates, 1 where a group has none.
    Raises UnsupportedOptimizerError through anything but torch.optim.SGD: a step that divides by a running second
    moment is not linear in the weights, so its lookahead at zero weights is not this one; and for an optimizer that
    maximises, or moves none of the model's parameters.
    """
    if through not in ("optimizer", "none"):
        raise ValueError(f"lookahead {through!r} is unknown: 'optimizer' or 'none'")
    _require_supported(model, optimizer, through)
    group_of = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    parameters: dict[str, Tensor] = {}
    step_sizes: dict[str, float] = {}
    for name, parameter in model.named_parameters():
        theta = parameter.detach()
        group = group_of.get(id(parameter))
        if group is None or not parameter.requires_grad:
            parameters[name], step_sizes[name] = theta, 0.0
        elif through == "none":
            lr = group.get("lr")
            parameters[name], step_sizes[name] = theta, 1.0 if lr is None else float(lr)
        else:
            buffer = optimizer.state.get(parameter, {}).get("momentum_buffer")
            parameters[name], step_sizes[name] = _sgd_at_zero_weights(theta, group, buffer)
    return Lookahead(parameters, step_sizes)


def _require_supported(model: nn.Module, optimizer: Optimizer, through: Through) -> None:
    kind = type(optimizer).__name__
    if not hasattr(optimizer, "param_groups"):
        raise UnsupportedOptimizerError(f"the optimizer is a {kind}: it must be a torch.optim.Optimizer")
    if any(group.get("maximize") for group in optimizer.param_groups):
        raise UnsupportedOptimizerError(f"{kind}(maximize=True) is not supported: losses are minimised here")
    if through == "optimizer" and type(optimizer) is not SGD:
        raise UnsupportedOptimizerError(
            f"optimizer {kind} is not supported by lookahead='optimizer', which is exact for torch.optim.SGD alone "
            "(momentum, weight decay, Nesterov)",
            use={"lookahead": "none"},
        )
    moved = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(parameter) in moved and parameter.requires_grad for parameter in model.parameters()):
        raise UnsupportedOptimizerError(
            "the optimizer holds no parameter of the model that requires a gradient: make it from model.parameters(), "
            "after the last copy, load or wrapping of the model"
        )


@torch.no_grad()
def _sgd_at_zero_weights(theta: Tensor, group: dict[str, Any], buffer: Tensor | None) -> tuple[Tensor, float]:
    """One torch.optim.SGD step with gradient 0 + weights * grad, and its derivative to the weights."""
    lr, momentum = float(group["lr"]), float(group["momentum"])
    gradient = group["weight_decay"] * theta
    if momentum == 0.0:
        return theta - lr * gradient, lr
    # torch starts the buffer with the undampened gradient
    keep = 1.0 if buffer is None else 1.0 - float(group["dampening"])
    averaged = gradient if buffer is None else momentum * buffer + keep * gradient
    if group["nesterov"]:
        return theta - lr * (gradient + momentum * averaged), lr * (1.0 + momentum * keep)
    return theta - lr * averaged, lr * keep
