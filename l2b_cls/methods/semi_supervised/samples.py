"""What these methods read of the training samples."""

from collections.abc import Iterator
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from l2b_run.training.batches import Batches

EVAL_BATCH = 256  # samples a forward pass of a selection


class TrainingSamples(Batches, Protocol):
    """Batches of samples; positions are places in the training set."""

    @property
    def classes(self) -> int: ...

    def view(self, position: np.ndarray, *draw: int, strong: bool = False) -> Tensor:
        """The training images (m, C, H, W) at these positions, augmented; another `draw`, another view of them."""

    def given_labels(self, position: np.ndarray) -> Tensor:
        """Given labels (m,) int64."""

    def names(self, position: np.ndarray) -> str:
        """The training samples at these positions, for a message."""

    def ordered(
        self, part: Literal["train", "meta", "evaluation"], size: int, at: np.ndarray | None = None
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """(images, labels, positions) of every sample once, in order, not augmented."""

    def epoch_positions(self, epoch: int) -> np.ndarray:
        """Positions (m,) int64, ascending, that the epoch draws from: all, or its balanced choice."""

    def split_draws(self, epoch: int) -> np.random.Generator:
        """A generator for the order of an epoch's labelled and unlabelled samples."""


@torch.no_grad()
def given_log_probabilities(
    model: nn.Module, batches: TrainingSamples, at: np.ndarray | None = None
) -> tuple[Tensor, Tensor]:
    """Log softmax (n, K) float64 of every training sample in eval mode, test transform, and given labels (n,); CPU.

    `at` (m,): of the samples at these positions alone.
    """
    model.eval()
    parts = [
        (torch.log_softmax(model(images).double(), 1).cpu(), labels.cpu())
        for images, labels, _ in batches.ordered("train", EVAL_BATCH, at)
    ]
    logs, labels = (torch.cat(part) for part in zip(*parts, strict=True))
    return logs, labels


def given_losses(model: nn.Module, batches: TrainingSamples, at: np.ndarray | None = None) -> np.ndarray:
    """Cross-entropy (n,) float64 of the training samples (`at` these positions) under their given labels.

    In eval mode, test transform.
    """
    logs, labels = given_log_probabilities(model, batches, at)
    losses: np.ndarray = -logs.gather(1, labels[:, None])[:, 0].numpy()
    return losses
