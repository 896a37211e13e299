"""A steadier judge: the meta gradient averaged over steps."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class MetaAverage:
    """Exponential moving average of the meta gradient, the state of a run beside model and optimizer.

    One batch's meta gradient is a noisy judge: on PROMISE12 (level L1, one of 16 clean slices a batch against the mean
    of six batches) the alignments told right from wrong given labels with an AUC of 0.63 against 0.73 where the given
    mask says gland and the network does not. Not in the paper; decay 0 is the paper's judge, the last batch alone.
    `average`: name -> tensor, empty before the first update, which it then equals.
    """

    decay: float = 0.0
    average: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.decay < 1:
            raise ValueError(f"MetaAverage decay must be in [0, 1), got {self.decay}")

    @torch.no_grad()
    def after(self, gradient: dict[str, Tensor]) -> dict[str, Tensor]:
        """The average with a further meta gradient (name -> tensor) in it; the average itself stays as it is."""
        if not self.average:
            return {name: value.clone() for name, value in gradient.items()}
        return {name: self.average[name].lerp(value, 1 - self.decay) for name, value in gradient.items()}

    def update(self, gradient: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take a meta gradient (name -> tensor) in, give the average out.

        A gradient that is not finite is given back as it is, for the caller to refuse, and never enters the average.
        """
        if not all(bool(value.isfinite().all()) for value in gradient.values()):
            return gradient
        self.average = self.after(gradient)
        return self.average
