"""From alignments to weights: each normaliser maps a (K, B, *E) to weights (K, B, *E), >= 0, of sum 1 or 0."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Normalizer = Callable[[Tensor], Tensor]


def rectified(a: Tensor) -> Tensor:
    """max(a, 0) / sum: L2B (CVPR 2024) eq. 8-9, the default. All zeros where no alignment is positive."""
    positive = a.clamp_min(0)
    total = positive.sum()
    return torch.where(total > 0, positive / torch.where(total > 0, total, 1), 0.0)


def softmax(temperature: float = 1.0) -> Normalizer:
    """softmax(a / temperature) over all K x B x *E entries jointly (released code, ISIC2019: temperature 10).

    Alignments carry the factor lr: as lr decays the weights tend to uniform (methods.md 5.3 of the design notes is
    the reason why the ratio of largest to smallest weight is worth logging).
    """
    if not temperature > 0:
        raise ValueError(f"softmax temperature must be positive, got {temperature}")

    def normalize(a: Tensor) -> Tensor:
        return torch.softmax(a.flatten() / temperature, dim=0).view_as(a)

    return normalize


def sigmoid(a: Tensor) -> Tensor:
    """sigmoid(a) / sum (released code, an option of L2B Fig. 3).

    Written as softmax(log sigmoid(a)), the same number: the sum of sigmoids underflows to 0 for very negative a.
    """
    return torch.softmax(nn.functional.logsigmoid(a).flatten(), dim=0).view_as(a)


def sum_to_one(a: Tensor) -> Tensor:
    """alpha + beta = 1 for every element, then divided by the number of elements (L2B Table 8, row alpha+beta=1).

    The rectified alignments are normalised over the K candidates of each element; an element with none positive
    keeps its given label (alpha = 1). The paper prints no code for this row; the fallback is our choice.
    """
    positive = a.clamp_min(0)
    total = positive.sum(dim=0, keepdim=True)
    given = torch.zeros_like(a)
    given[0] = 1
    return torch.where(total > 0, positive / torch.where(total > 0, total, 1), given) / a[0].numel()


def soft_choice(temperature: float = 1.0) -> Normalizer:
    """Softmax over the K candidates of each element, then divided by the number of elements; not in the papers.

    a is measured in its own spread (root mean square of a[k] - a[0] over the batch where it is not 0) times
    `temperature`, so that lr and the size of the meta gradient cancel. Every element keeps the weight it has in the
    plain mean, and an alignment near 0, a judge that does not know, leaves both labels half of it; eq. 8-9 instead
    put the batch's whole weight on the few elements with the largest alignments. K = 1: the plain mean.
    """
    if not temperature > 0:
        raise ValueError(f"soft_choice temperature must be positive, got {temperature}")

    def normalize(a: Tensor) -> Tensor:
        difference = a - a[:1]
        largest = difference.abs().amax()  # squares of what it leaves neither overflow nor vanish
        unit = torch.where(largest > 0, difference / torch.where(largest > 0, largest, 1), 0.0)
        spread = (unit.square().sum() / (unit != 0).sum().clamp_min(1)).sqrt()
        return torch.softmax(unit / (temperature * torch.where(spread > 0, spread, 1)), dim=0) / a[0].numel()

    return normalize


def pseudo_only(normalize: Normalizer = rectified) -> Normalizer:
    """alpha = 0: only the pseudo-label's alignments are normalised (L2B Table 8, row alpha=0)."""

    def normalize_pseudo(a: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(a[:1]), normalize(a[1:])])

    return normalize_pseudo
