"""What is learnt, a pixel or a sample: all that the loop and the methods know of a task."""

from typing import Protocol

from torch import Tensor

from l2b.candidate_losses import Loss
from l2b_run.settings.shared import TrainingSettings


class Task(Protocol):
    """Losses and pseudo-labels of an element: a pixel (*E = H, W) or a sample (*E empty).

    logits (B, K, *E); targets as the task's batches give them: (B, 1, H, W) float32 label values, or (B,) int64.
    """

    @property
    def tool(self) -> str:
        """The command a message names: l2b-seg or l2b-cls."""

    @property
    def records(self) -> str:
        """What an epoch's row counts of the meta set: slices or samples."""

    @property
    def schedule_in_epoch(self) -> bool:
        """Whether a cosine schedule moves with every step; else once an epoch, as released for classification."""

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy (B, *E)."""

    def teaching_loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """(B, *E): its mean is what plain steps and those of clean ones descend on; `loss` unless set otherwise."""

    def mae(self, logits: Tensor, target: Tensor) -> Tensor:
        """2 (1 - p_y), (B, *E) in [0, 2]: L1 distance of prediction and one-hot target (RMNW-Net, WACV 2021)."""

    def mixed_loss(self, logits: Tensor, first: Tensor, second: Tensor, keep: float) -> Tensor:
        """keep * loss(first) + (1 - keep) * loss(second), (B, *E)."""

    def hard_pseudo_label(self, logits: Tensor) -> Tensor:
        """The most probable label, shaped as a target."""


def meta_loss_of(task: Task, settings: TrainingSettings) -> Loss:
    """The loss of the meta batch, by which labels are judged."""
    return task.mae if settings.meta.loss == "mae" else task.loss
