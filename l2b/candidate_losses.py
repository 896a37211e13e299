"""The loss of every element under each of its candidate labels."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad

from l2b.errors import BatchError

Loss = Callable[[Tensor, Tensor], Tensor]
PseudoLabel = Callable[[Tensor], Tensor]


def candidate_losses(logits: Tensor, target: Tensor, loss: Loss, pseudo_label: PseudoLabel | None = None) -> Tensor:
    """Losses (K, B, *E) with graph: row 0 under the given label, row 1 under the pseudo-label.

    `loss(logits, target)` -> (B, *E), one value an element. `pseudo_label(logits)` -> a target like `target`; it gets
    detached logits, so a pseudo-label is a constant. `pseudo_label=None`: K = 1.
    Source: L2B (CVPR 2024) eq. 3. Raises BatchError where the loss is not one value an element.
    """
    rows = [loss(logits, target)]
    if pseudo_label is not None:
        rows.append(loss(logits, pseudo_label(logits.detach())))
    for row in rows:
        if row.ndim == 0 or row.shape[0] != logits.shape[0] or row.shape != rows[0].shape:
            raise BatchError(
                f"loss returned shape {tuple(row.shape)} for logits {tuple(logits.shape)}: it must return one value an "
                "element, (B,) or (B, H, W); use reduction='none'"
            )
    return torch.stack(rows)


def asked_once(pseudo_label: PseudoLabel | None) -> PseudoLabel | None:
    """The same pseudo-label, which after its first answer keeps to it."""
    answers: list[Tensor] = []

    def label(logits: Tensor) -> Tensor:
        if pseudo_label is not None and not answers:
            answers.append(pseudo_label(logits))
        return answers[0]

    return None if pseudo_label is None else label


def of_primal(pseudo_label: PseudoLabel | None) -> PseudoLabel | None:
    """The same pseudo-label, drawn from values alone: in forward mode, too, a label carries no derivative."""
    if pseudo_label is None:
        return None
    return lambda logits: pseudo_label(forward_ad.unpack_dual(logits).primal)
