"""Batches as a pure function of (seed, epoch, step): resuming, or another method, sees the same slices."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from l2b_data.cases.slices import SliceSet
from l2b_run.training.batches import SECOND, Drawn, Seeded
from l2b_seg.batches.augment import (
    Augmentation,
    AugmentationSettings,
    apply_augmentation,
    draw_augmentation,
    move_masks,
)
from l2b_seg.batches.balanced import balanced, slices_of_classes
from l2b_seg.batches.views import apply_views, draw_views


class Origins(NamedTuple):
    """Where the pixels of a batch of V * B transformed slices come from.

    position (B,) int64: of its slices in the training set; row i of the batch is of the slice `position[i % B]`.
    pixel (V * B, S, S) int64: number of the slice's own pixel, row by row from 1, whose given label a pixel has; 0: it
    lies outside.
    """

    position: np.ndarray
    pixel: Tensor


@dataclass(frozen=True)
class SliceBatches(Seeded):
    """Draws batches of given slices (`train`) and of clean ones (`meta`), augmented, on `device`.

    No clean target of a training case is in here: `train.mask` holds the given labels alone. steps_per_epoch: steps an
    epoch; passes over the slices then go on from epoch to epoch. foreground_share: share of each batch, given or clean,
    from slices that show a class, the classes in turn; the rest of it is drawn from all slices.
    """

    train: SliceSet
    meta: SliceSet
    augmentation: AugmentationSettings
    seed: int
    device: torch.device
    batch_size: int
    steps_per_epoch: int | None = None
    foreground_share: float = 0.0

    @property
    def steps(self) -> int:
        """`steps_per_epoch`, else the full batches in one pass over the given slices; the same for every method."""
        return self.steps_per_epoch or max(1, len(self.train) // self.batch_size)

    def given(self, epoch: int, step: int) -> Drawn:
        """Batch: image (B, C, S, S), given mask (B, 1, S, S); a new order every pass, a slice at most once in it."""
        return Drawn(*self._augmented(self.train, self._given_index(epoch, step), self.AUGMENT_TRAIN, epoch, step))

    def given_names(self, epoch: int, step: int) -> str:
        return self.names(self._given_index(epoch, step))

    def clean_names(self, size: int) -> str:
        return f"slices of the clean cases {', '.join(sorted({case for case, _ in self.meta.where}))}"

    def clean(self, epoch: int, step: int, size: int) -> tuple[Tensor, Tensor]:
        """Batch (image, clean mask) of the meta cases, drawn without replacement where there are enough slices."""
        return self._augmented(self.meta, self._meta_positions(epoch, step, size), self.AUGMENT_META, epoch, step)

    def ordered_meta(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        for image, mask in zip(self.meta.image.split(size), self.meta.mask.split(size), strict=True):
            yield image.to(self.device), mask.to(self.device)

    def augmented(self, position: np.ndarray, soft: Tensor, *draw: int) -> tuple[Tensor, Tensor]:
        """Training images (m, C, S, S) at these positions with soft masks (m, K, S, S) of theirs, augmented alike.

        Outside the image all classes are 0; with several (K > 1) that is the background.
        """
        image = self.train.image[torch.from_numpy(position)].to(self.device)
        drawn = draw_augmentation(self._rng(self.VIEW, *draw), len(position), **self.augmentation.model_dump())
        image, soft = apply_augmentation(drawn, image, soft.to(self.device))
        if soft.shape[1] > 1:
            soft[:, 0] = 1 - soft[:, 1:].sum(1)
        return image.contiguous(memory_format=torch.channels_last), soft

    def names(self, position: np.ndarray) -> str:
        """The cases of the training slices at these positions, for a message."""
        return f"cases {', '.join(sorted({self.train.where[one][0] for one in position.tolist()}))}"

    def with_meta(self, position: np.ndarray) -> "SliceBatches":
        return replace(self, meta=self.train.part(position))

    def reseeded(self) -> "SliceBatches":
        return replace(self, seed=self.seed + SECOND)

    def given_views(self, epoch: int, step: int, drawn: Drawn | None = None) -> tuple[Drawn, tuple[Augmentation, ...]]:
        """Five views of the given slices, or `drawn`: image (5 * B, C, S, S), mask (5 * B, 1, S, S), and the views."""
        image, mask, _ = self.given(epoch, step) if drawn is None else drawn
        views = draw_views(self._views_rng(epoch, step), len(image))
        return Drawn(*apply_views(views, image, mask)), views

    def clean_views(self, epoch: int, step: int, size: int) -> tuple[Tensor, Tensor]:
        """Five views of `size` clean slices: image (5 * size, C, S, S) and mask (5 * size, 1, S, S)."""
        image, mask = self.clean(epoch, step, size)
        return apply_views(draw_views(self._rng(self.OTHER, epoch, step + 1_000_000), size), image, mask)

    def origins(self, epoch: int, step: int, *, views: bool = False, position: np.ndarray | None = None) -> Origins:
        """Of this step's `given` batch, or with `views` of its `given_views`; with `position` of `augmented`'s."""
        at, stream = (self._given_index(epoch, step), self.AUGMENT_TRAIN) if position is None else (position, self.VIEW)
        drawn = draw_augmentation(self._rng(stream, epoch, step), len(at), **self.augmentation.model_dump())
        height, width = self.train.mask.shape[-2:]
        numbers = torch.arange(1, height * width + 1, dtype=torch.float32).view(1, 1, height, width)
        pixel = move_masks(drawn, numbers.expand(len(at), 1, height, width))
        if views:
            pixel = torch.cat([move_masks(view, pixel) for view in draw_views(self._views_rng(epoch, step), len(at))])
        return Origins(at, pixel[:, 0].long())

    def _views_rng(self, epoch: int, step: int) -> np.random.Generator:
        return self._rng(self.OTHER, epoch, step)

    def _given_index(self, epoch: int, step: int) -> np.ndarray:
        if self.foreground_share:
            size = min(self.batch_size, len(self.train))
            return balanced(self._rng(self.TRAIN, epoch, step), self._train_classes, size, self.foreground_share)
        if self.steps_per_epoch is None:
            return self._order(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        first = (epoch * self.steps_per_epoch + step) * self.batch_size
        places = np.arange(first, first + min(self.batch_size, len(self.train)))
        passes = places // len(self.train)
        return np.concatenate([self._order(at)[places[passes == at] % len(self.train)] for at in np.unique(passes)])

    def _order(self, at: int) -> np.ndarray:
        return self._rng(self.TRAIN, at, 0).permutation(len(self.train))

    def _meta_positions(self, epoch: int, step: int, size: int) -> np.ndarray:
        if not self.foreground_share:
            return super()._meta_positions(epoch, step, size)
        return balanced(self._rng(self.META, epoch, step), self._meta_classes, size, self.foreground_share)

    @cached_property
    def _train_classes(self) -> list[np.ndarray]:
        return slices_of_classes(self.train.mask)

    @cached_property
    def _meta_classes(self) -> list[np.ndarray]:
        return slices_of_classes(self.meta.mask)

    def _augmented(
        self, slices: SliceSet, index: np.ndarray, stream: int, epoch: int, step: int
    ) -> tuple[Tensor, Tensor]:
        chosen = torch.from_numpy(index)
        image, mask = slices.image[chosen].to(self.device), slices.mask[chosen].to(self.device)
        drawn = draw_augmentation(self._rng(stream, epoch, step), len(index), **self.augmentation.model_dump())
        image, mask = apply_augmentation(drawn, image, mask)
        return image.contiguous(memory_format=torch.channels_last), mask
