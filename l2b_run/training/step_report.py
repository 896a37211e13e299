"""Result of a training step: loss, gradient norm, weights."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class StepReport:
    """What one step did; `beta_share` is the pseudo-label's share of all weight, None for methods without weights.

    position (n,) int64: training samples, with the weights alpha and beta (n,) they got in this step; None where the
    step weighs nothing (warm-up, methods without weights) or pixels. A mixed pair's weights stand for both its samples.
    clean_step: whether a step of the clean ones alone followed; None where the settings know none.
    """

    loss: float
    gradient_norm: float
    beta_share: float | None = None
    no_weight: bool = False
    position: "Tensor | None" = None
    alpha: "Tensor | None" = None
    beta: "Tensor | None" = None
    clean_step: bool | None = None
