"""What is classified: the losses and the pseudo-label of a sample."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from l2b_cls import losses


@dataclass(frozen=True)
class Task:
    """Samples of `classes` classes. Targets are class numbers (B,) int64, or distributions (B, classes)."""

    classes: int
    label_smoothing: float = 0.0
    tool: ClassVar[str] = "l2b-cls"
    records: ClassVar[str] = "samples"
    schedule_in_epoch: ClassVar[bool] = False

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy (B,) of logits (B, K)."""
        return losses.cross_entropy(logits, target)

    def teaching_loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy (B,) of a target with `label_smoothing` of it spread over all classes (Szegedy et al. 2016)."""
        return losses.cross_entropy(logits, target, smoothing=self.label_smoothing)

    def mae(self, logits: Tensor, target: Tensor) -> Tensor:
        """2 (1 - p_y), (B,) in [0, 2]; target (B,) int64."""
        return losses.mae(logits, target)

    def mixed_loss(self, logits: Tensor, first: Tensor, second: Tensor, keep: float) -> Tensor:
        """keep * CE(first) + (1 - keep) * CE(second), (B,), of class numbers (B,)."""
        return losses.cross_entropy(logits, losses.mixed_target(first, second, keep, self.classes))

    def hard_pseudo_label(self, logits: Tensor) -> Tensor:
        """The most probable class, (B,) int64 of logits (B, K)."""
        return logits.argmax(1)
