"""The loss of every element under each of its candidate labels."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad

from l2b.batch import plain
from l2b.errors import BatchError

Loss = Callable[[Tensor, Tensor], Tensor]
OwnLabel = Callable[[Tensor], Tensor]
PseudoLabel = OwnLabel | Tensor


def candidate_losses(logits: Tensor, target: Tensor, loss: Loss, pseudo_label: PseudoLabel | None = None) -> Tensor:
    """Losses (K, B, *E) with graph: row 0 under the given label, row 1 under the pseudo-label.

    `loss(logits, target)` -> (B, *E), one value an element; integer targets reach it as int64. `pseudo_label`: a target
    like `target`, or a function of the logits that gives one; it gets detached logits, so a pseudo-label is a constant.
    `pseudo_label=None`: K = 1. Source: L2B (CVPR 2024) eq. 3. Raises BatchError where the loss is not one value an
    element, or the logits are no tensor.
    """
    rows = [element_loss(logits, target, loss)]
    if pseudo_label is not None:
        own = pseudo_label if isinstance(pseudo_label, Tensor) else pseudo_label(logits.detach())
        if not isinstance(own, Tensor) or own.ndim == 0 or own.shape[0] != logits.shape[0]:
            found = tuple(own.shape) if isinstance(own, Tensor) else type(own).__name__
            raise BatchError(f"pseudo-label {found} for logits {tuple(logits.shape)}: it must be a target, (B, *)")
        rows.append(element_loss(logits, plain(own), loss))
    for row in rows:
        if row.ndim == 0 or row.shape[0] != logits.shape[0] or row.shape != rows[0].shape:
            raise BatchError(
                f"loss returned shape {tuple(row.shape)} for logits {tuple(logits.shape)}: it must return one value an "
                "element, (B,) or (B, H, W); use reduction='none'"
            )
    return torch.stack(rows)


def element_loss(logits: Tensor, target: Tensor, loss: Loss) -> Tensor:
    """loss(logits, target), integer targets of any width as int64, the one width torch's losses all take.

    Raises BatchError where the logits are no tensor.
    """
    if not isinstance(logits, Tensor):
        raise BatchError(
            f"the model returned a {type(logits).__name__}: say where its logits are, logits_of=lambda output: "
            "output.logits, output['out'] or output[0]"
        )
    counts = not (target.is_floating_point() or target.is_complex() or target.dtype == torch.bool)
    return loss(logits, target.long() if counts else target)


def asked_once(pseudo_label: PseudoLabel | None) -> PseudoLabel | None:
    """The same pseudo-label, which after its first answer keeps to it."""
    if pseudo_label is None or isinstance(pseudo_label, Tensor):
        return pseudo_label
    answers: list[Tensor] = []

    def label(logits: Tensor) -> Tensor:
        if not answers:
            answers.append(pseudo_label(logits))
        return answers[0]

    return label


def of_primal(pseudo_label: PseudoLabel | None) -> PseudoLabel | None:
    """The same pseudo-label, drawn from values alone: in forward mode, too, a label carries no derivative."""
    if pseudo_label is None or isinstance(pseudo_label, Tensor):
        return pseudo_label
    return lambda logits: pseudo_label(forward_ad.unpack_dual(logits).primal)
