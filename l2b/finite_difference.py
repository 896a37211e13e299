"""The alignment to first order, for one forward pass more than the step."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from l2b.batch import Inputs, device_of
from l2b.candidate_losses import Loss, PseudoLabel, candidate_losses, of_primal
from l2b.errors import EngineError
from l2b.untouched import forward_with, full_precision, untouched_rng

Mode = Literal["exact", "fast"]

# Measured in float32, UNet++ (48 px) and ResNet-18 (32 px) after some training: at 1e-2 the weighted step's gradient is
# off by 3e-4 to 1e-3 of its norm; at 1 by 1e-2 and more (kinks of ReLU and pooling), at 1e-4 by 2e-2 (rounding).
# A freshly drawn ResNet-18 is off by 3e-2.
RELATIVE_STEP = 1e-2


@dataclass(frozen=True)
class Shifted:
    """`logits` of the model at theta + distance * direction, detached; `distance` is a scalar tensor."""

    logits: Tensor
    distance: Tensor


@torch.no_grad()
def shifted(model: nn.Module, direction: dict[str, Tensor], x: Inputs) -> Shifted:
    """One forward pass a small distance along `direction`, outside autocast; random streams, buffers, modes stay.

    distance = c sqrt(eps) (1 + |theta|) / |direction|, eps that of the parameters' dtype: the step of Jacobian-free
    Newton-Krylov methods (Knoll and Keyes 2004, section 2.3). A zero direction gives distance 1, and zero alignments.
    """
    theta = {name: parameter.detach() for name, parameter in model.named_parameters() if name in direction}
    length = nn.utils.get_total_norm(direction.values())
    reach = 1 + nn.utils.get_total_norm(theta.values())
    relative = RELATIVE_STEP * torch.finfo(length.dtype).eps ** 0.5
    distance = torch.where(length > 0, relative * reach / length, 1.0)
    moved = {name: parameter + distance * direction[name] for name, parameter in theta.items()}
    with untouched_rng(device_of(x)), full_precision(device_of(x)):
        return Shifted(forward_with(model, moved, x), distance)


def finite_difference(
    there: Shifted, logits: Tensor, y: Tensor, *, loss: Loss, pseudo_label: PseudoLabel | None = None
) -> Tensor:
    """a (K, B, *E) as `alignment` gives it, to first order in the distance; detached.

    `logits`: the model's output at theta for the same inputs and dropout masks as `there`, outside autocast too.
    The difference is taken between logits, and the loss is differentiated exactly along it: a difference of losses
    would lose the digits of every element whose loss is small. Where pseudo equals given, alpha equals beta exactly.
    Raises EngineError for logits below float32, whose rounding is larger than the difference.
    """
    for given in (there.logits, logits):
        if torch.finfo(given.dtype).bits < 32:
            raise EngineError(f"a finite difference of {given.dtype} logits is rounding alone", use={"mode": "exact"})
    with torch.no_grad(), full_precision(logits.device), forward_ad.dual_level():
        here = logits.detach()
        dual = forward_ad.make_dual(here, (there.logits - here) / there.distance)
        primal, tangents = forward_ad.unpack_dual(candidate_losses(dual, y, loss, of_primal(pseudo_label)))
        return torch.zeros_like(primal) if tangents is None else tangents.clone()


def require_mode(mode: str) -> None:
    """Raise ValueError for anything but "exact" and "fast"."""
    if mode not in ("exact", "fast"):
        raise ValueError(f"mode {mode!r} is unknown: 'exact' or 'fast'")
