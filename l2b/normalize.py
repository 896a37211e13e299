"""From alignments to weights: each normaliser maps a (K, B, *E) to weights (K, B, *E), >= 0, of sum 1 or 0."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Normalizer = Callable[[Tensor], Tensor]
_FAR = 1e4  # beyond it a softmax is 0 or 1 anyway, and infinities would make NaN


def rectified(a: Tensor) -> Tensor:
    """max(a, 0) / sum: L2B (CVPR 2024) eq. 8-9, the default. All zeros where no alignment is positive."""
    positive = a.clamp_min(0)
    total = positive.sum()
    return torch.where(total > 0, positive / torch.where(total > 0, total, 1), 0.0)


def softmax(temperature: float = 1.0) -> Normalizer:
    """softmax(a / temperature) over all K x B x *E entries jointly (released code, ISIC2019: temperature 10).

    Alignments carry the factor lr: as lr decays the weights tend to uniform.
    """
    _require_temperature("softmax", temperature)

    def normalize(a: Tensor) -> Tensor:
        return torch.softmax(a.flatten() / temperature, dim=0).view_as(a)

    return normalize


def sigmoid(a: Tensor) -> Tensor:
    """sigmoid(a) / sum (released code, an option of L2B Fig. 3).

    Written as softmax(log sigmoid(a)), the same number: the sum of sigmoids underflows to 0 for very negative a.
    """
    return torch.softmax(nn.functional.logsigmoid(a).flatten(), dim=0).view_as(a)


def rectified_sigmoid(a: Tensor) -> Tensor:
    """sigmoid(max(a, 0)) / sum: what the released code of L2B runs as L2RW on ISIC2019.

    Every weight lies between one half and the whole of the largest, so that all are nearly alike.
    """
    return sigmoid(a.clamp_min(0))


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
    _require_temperature("soft_choice", temperature)

    def normalize(a: Tensor) -> Tensor:
        return torch.softmax(_in_own_spread(a, a - a[:1]) / temperature, dim=0) / a[0].numel()

    return normalize


def soft_trust(temperature: float = 1.0) -> Normalizer:
    """soft_choice with a third way, to trust neither label, whose loss and so whose alignment is 0.

    exp(a[k]) / (1 + sum_j exp(a[j])) for each element, a in units as in soft_choice, then divided by the sum over the
    batch. An element both of whose labels oppose the clean batch loses weight, as eq. 8-9 have it; not in the papers.
    """
    _require_temperature("soft_trust", temperature)

    def normalize(a: Tensor) -> Tensor:
        neither = torch.zeros_like(a[:1])
        trust = torch.softmax(torch.cat([_in_own_spread(a, a) / temperature, neither]), dim=0)[:-1]
        total = trust.sum()
        return torch.where(total > 0, trust / torch.where(total > 0, total, 1), 0.0)

    return normalize


def _in_own_spread(a: Tensor, values: Tensor) -> Tensor:
    """`values` over the root mean square of a[k] - a[0] where it is not 0 (of a, where the candidates never differ)."""
    difference = a - a[:1]
    measured = torch.where((difference != 0).any(), difference, a)
    largest = measured.abs().amax()  # squares of what it leaves neither overflow nor vanish
    unit = torch.where(largest > 0, measured / torch.where(largest > 0, largest, 1), 0.0)
    spread = (unit.square().sum() / (unit != 0).sum().clamp_min(1)).sqrt()
    scaled = torch.where(largest > 0, values / torch.where(largest > 0, largest, 1), 0.0)
    return (scaled / torch.where(spread > 0, spread, 1)).clamp(-_FAR, _FAR)


def _require_temperature(name: str, temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"{name} temperature must be positive, got {temperature}")


def pseudo_only(normalize: Normalizer = rectified) -> Normalizer:
    """alpha = 0: only the pseudo-label's alignments are normalised (L2B Table 8, row alpha=0)."""

    def normalize_pseudo(a: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(a[:1]), normalize(a[1:])])

    return normalize_pseudo
