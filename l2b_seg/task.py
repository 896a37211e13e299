"""What is segmented out of what: the losses and the pseudo-label of a pixel."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from l2b_run.settings.shared import Strict

THRESHOLD = 0.5


class TaskSettings(Strict):
    """What is segmented out of what: names from the data set, filled in when a run is planned."""

    channels: list[str] = Field(["image"], min_length=1)
    classes: list[str] = Field(["prostate"], min_length=1, description="foreground classes in the order of their label")
    values: list[int] = Field([], description="of background and classes in the user's own masks; empty: 0, 1, 2, ...")


@dataclass(frozen=True)
class Task:
    """`channels` of an image and the names of the foreground `classes`, whose label values are 1, 2, ...

    values: of background and classes in the user's own masks, as files are written; empty: the label values. dice,
    class_weights: see `teaching_loss`.

    One class: one output, sigmoid, binary cross-entropy; any label above 0 is foreground. Several: an output for the
    background and each class, softmax, cross-entropy. Targets and pseudo-labels are label values, (B, 1, H, W) float32.
    """

    channels: int
    classes: tuple[str, ...]
    values: tuple[int, ...] = ()
    dice: bool = False
    class_weights: tuple[float, ...] = ()
    tool: ClassVar[str] = "l2b-seg"
    records: ClassVar[str] = "slices"
    schedule_in_epoch: ClassVar[bool] = True

    @property
    def binary(self) -> bool:
        return len(self.classes) == 1

    @property
    def outputs(self) -> int:
        """Output channels K of the network: 1 for one class, else one more than there are classes."""
        return 1 if self.binary else len(self.classes) + 1

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy (B, H, W) of logits (B, K, H, W) and label values, or soft targets.

        Soft: values between 0 and 1 for one class, else distributions (B, K, H, W) over background and classes.
        """
        if self.binary:
            return functional.binary_cross_entropy_with_logits(logits, target, reduction="none")[:, 0]
        hard = target.shape[1] == 1
        return functional.cross_entropy(logits, target[:, 0].long() if hard else target, reduction="none")

    def teaching_loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """`loss` (B, H, W) as plain and clean steps take it: times `class_weights`, with `dice` the Dice loss too.

        The Dice loss is MONAI's: one number a batch over its classes without the background, added to every pixel, so
        that the mean is DiceCELoss's. target (B, 1, H, W): label values.
        """
        losses = self.loss(logits, target)
        if self.class_weights:
            losses = losses * torch.tensor(self.class_weights, device=losses.device)[target[:, 0].long()]
        return losses + self._dice_loss(logits, target) if self.dice else losses

    def _dice_loss(self, logits: Tensor, target: Tensor) -> Tensor:
        from monai.losses.dice import DiceLoss  # 3 s of imports that runs without it need not wait for

        several = not self.binary
        dice = DiceLoss(
            include_background=self.binary, sigmoid=self.binary, softmax=several, to_onehot_y=several, batch=True
        )
        return torch.as_tensor(dice(logits, target))

    def mae(self, logits: Tensor, target: Tensor) -> Tensor:
        """2 (1 - probability of the target's label), (B, H, W) in [0, 2]: the mean absolute error of RMNW-Net."""
        if self.binary:
            return 2 * (torch.sigmoid(logits) - target).abs()[:, 0]
        return 2 * (1 - torch.softmax(logits, 1).gather(1, target.long())[:, 0])

    def mixed_loss(self, logits: Tensor, first: Tensor, second: Tensor, keep: float) -> Tensor:
        """keep * loss(first) + (1 - keep) * loss(second), (B, H, W); for one class the loss of the mixed target."""
        if self.binary:  # cross-entropy is linear in its target: the same number
            return self.loss(logits, keep * first + (1 - keep) * second)
        return keep * self.loss(logits, first) + (1 - keep) * self.loss(logits, second)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Of each output, (B, K, H, W): the foreground's for one class, else background's and classes', of sum 1."""
        return torch.sigmoid(logits) if self.binary else torch.softmax(logits, 1)

    def hard_pseudo_label(self, logits: Tensor) -> Tensor:
        """The network's own most probable label, (B, 1, H, W) in the dtype of `logits` (B, K, H, W)."""
        found = logits > 0 if self.binary else logits.argmax(1, keepdim=True)
        return found.to(logits.dtype)

    def soft_target(self, mask: Tensor) -> Tensor:
        """Label values (B, 1, H, W) as probabilities, (B, K, H, W) float32."""
        if self.binary:
            return (mask > 0).float()
        return functional.one_hot(mask[:, 0].long(), self.outputs).movedim(-1, 1).float()

    def hard_label(self, probabilities: Tensor) -> Tensor:
        """As `hard_pseudo_label`, of probabilities (B, K, H, W); where all are 0 the background."""
        found = probabilities > THRESHOLD if self.binary else probabilities.argmax(1, keepdim=True)
        return found.to(probabilities.dtype)

    def label_map(self, probabilities: np.ndarray) -> np.ndarray:
        """Label values (*E) uint8 of probabilities (K, *E): above 0.5 for one class, else the most probable one's."""
        found = probabilities[0] > THRESHOLD if self.binary else probabilities.argmax(0)
        return found.astype(np.uint8)


class HasTask(Protocol):
    """Settings of a segmentation run."""

    @property
    def task(self) -> TaskSettings: ...

    @property
    def loss(self) -> str: ...

    @property
    def class_weights(self) -> list[float] | None: ...


def task_of(settings: HasTask) -> Task:
    """The task a run's settings name."""
    named = settings.task
    return Task(
        len(named.channels),
        tuple(named.classes),
        tuple(named.values),
        dice=settings.loss == "dice_ce",
        class_weights=tuple(settings.class_weights or ()),
    )
