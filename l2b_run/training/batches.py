"""Where a step's batches come from: a pure function of (seed, epoch, step), whatever the task."""

from collections.abc import Iterator, Sized
from typing import NamedTuple, Protocol, Self

import numpy as np
import torch
from torch import Tensor


class Drawn(NamedTuple):
    """A batch under its given labels: images (B, C, H, W), target, and positions (B,) int64 in the training set.

    position is None where the task keeps no record of single elements (segmentation).
    """

    images: Tensor
    target: Tensor
    position: Tensor | None = None


class Batches(Protocol):
    """Batches of a run. No clean label of a training case or sample is in here."""

    @property
    def device(self) -> torch.device: ...

    @property
    def steps(self) -> int:
        """Steps an epoch, the same for every method, so that epochs compare."""

    @property
    def n_train(self) -> int:
        """Slices or samples that train."""

    @property
    def n_meta(self) -> int:
        """Slices or samples of the meta set."""

    def given(self, epoch: int, step: int) -> Drawn:
        """The training batch of this step under its given labels, augmented."""

    def clean(self, epoch: int, step: int, size: int) -> tuple[Tensor, Tensor]:
        """`size` images of the meta set and their targets, augmented."""

    def ordered_meta(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All of the meta set in order, `size` at a time, not augmented."""

    def other_draws(self, epoch: int, step: int) -> np.random.Generator:
        """A generator for whatever else a method draws in this step (mixup)."""

    def with_meta(self, position: np.ndarray) -> Self:
        """These batches, judged by the training elements at these positions (m,), under their given labels."""

    def reseeded(self) -> Self:
        """The same elements in another order and with other draws: a second network's."""

    def given_names(self, epoch: int, step: int) -> str:
        """Which cases or samples the training batch of this step holds, for a message."""

    def clean_names(self, size: int) -> str:
        """What a batch of `size` of the meta set holds, for a message."""


SECOND = 2**32
"""Added to the seed for a second network's batches: no seed of a user's reaches it."""


class Seeded:
    """What the batches of both tasks share: random streams of their seed, and the sizes of their parts."""

    TRAIN, META, AUGMENT_TRAIN, AUGMENT_META, OTHER, SPLIT, VIEW = range(7)  # one random stream each
    train: Sized
    meta: Sized
    seed: int

    @property
    def n_train(self) -> int:
        return len(self.train)

    @property
    def n_meta(self) -> int:
        return len(self.meta)

    def other_draws(self, epoch: int, step: int) -> np.random.Generator:
        """A generator for whatever else a method draws in this step (mixup)."""
        return self._rng(self.OTHER, epoch, step)

    def split_draws(self, epoch: int) -> np.random.Generator:
        """A generator for the order of an epoch's labelled and unlabelled elements."""
        return self._rng(self.SPLIT, epoch)

    def _meta_positions(self, epoch: int, step: int, size: int) -> np.ndarray:
        """`size` positions of the meta set, without replacement where it has enough."""
        return self._rng(self.META, epoch, step).choice(len(self.meta), size, replace=size > len(self.meta))

    def _rng(self, stream: int, *draw: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream, *draw])
