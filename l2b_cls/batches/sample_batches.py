"""Batches as a pure function of (seed, epoch, step): resuming, or another method, sees the same samples."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from l2b_cls.batches.augment import apply_augmentation, centre_cropped, draw_augmentation, normalised, resized
from l2b_cls.batches.balanced_epoch import balanced_epoch
from l2b_cls.batches.strong_view import strong_view
from l2b_cls.config import AugmentationSettings, Settings
from l2b_data.samples.image_set import ImageSet
from l2b_run.training.batches import SECOND, Drawn, Seeded

_NAMED = 8  # samples of a batch that a message lists

Part = Literal["train", "meta", "evaluation"]


@dataclass(frozen=True)
class Samples:
    """Some samples of a data set under the labels they are used with; `index`, `labels` (n,) int64."""

    source: ImageSet
    index: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.index)

    def part(self, position: np.ndarray) -> "Samples":
        """The samples at these positions (m,), in that order, under the same labels."""
        return Samples(self.source, self.index[position], self.labels[position])

    def images(self, position: np.ndarray) -> Tensor:
        """Images (m, C, H, W) uint8 at these positions."""
        read = np.ascontiguousarray(self.source.images(self.index[position]))
        return torch.from_numpy(read).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class SampleBatches(Seeded):
    """Draws batches of samples under given labels (`train`) and of judging ones (`meta`), augmented, on `device`.

    No clean label of a training sample is in here: `train.labels` are the given ones. `augmentation` has its mean and
    std (`filled_in` of l2b_cls.run does that). steps: of an epoch, the same for every method, so that epochs compare.
    """

    train: Samples
    meta: Samples
    evaluation: Samples
    augmentation: AugmentationSettings
    seed: int
    device: torch.device
    batch_size: int
    steps: int
    iid: bool = False
    balanced: int = 0
    classes: int = 2
    _epoch_order: dict[int, np.ndarray] = field(default_factory=dict, repr=False, compare=False)

    def given(self, epoch: int, step: int) -> Drawn:
        """Batch: images (B, C, H, W) float32 normalised, given labels (B,) int64, positions in `train` (B,) int64.

        A new order every epoch, a sample at most once in it; with `iid` a fresh draw every step.
        """
        position = self.batch_positions(epoch, step)
        images = self._augmented(self.train, position, self._rng(self.AUGMENT_TRAIN, epoch, step))
        return Drawn(images, self._tensor(self.train.labels[position]), self._tensor(position))

    def clean(self, epoch: int, step: int, size: int) -> tuple[Tensor, Tensor]:
        """Batch (images, labels) of the meta samples, drawn without replacement where there are enough of them."""
        position = self._meta_positions(epoch, step, size)
        if self.augmentation.meta == "none":
            images = prepared(self.meta.images(position).to(self.device), self.augmentation)
        else:
            images = self._augmented(self.meta, position, self._rng(self.AUGMENT_META, epoch, step))
        return images, self._tensor(self.meta.labels[position])

    def ordered(self, part: Part, size: int, at: np.ndarray | None = None) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """(images, labels, positions) of every sample once, in order, `size` at a time, not augmented.

        `at` (m,): of the samples at these positions alone.
        """
        samples: Samples = getattr(self, part)
        chosen = np.arange(len(samples)) if at is None else at
        for start in range(0, len(chosen), size):
            position = chosen[start : start + size]
            images = prepared(samples.images(position).to(self.device), self.augmentation)
            yield images, self._tensor(samples.labels[position]), self._tensor(position)

    def view(self, position: np.ndarray, *draw: int, strong: bool = False) -> Tensor:
        """The training images (m, C, H, W) at these positions, augmented; another `draw`, another view of them.

        strong: by AutoAugment's CIFAR-10 policy as well, after crop and mirroring, as in UniCon.
        """
        rng = self._rng(self.VIEW, *draw)
        return self._augmented(self.train, position, rng, strong=int(rng.integers(2**32)) if strong else None)

    def given_labels(self, position: np.ndarray) -> Tensor:
        """Given labels (m,) int64 of the training samples at these positions."""
        return self._tensor(self.train.labels[position])

    def reseeded(self) -> "SampleBatches":
        return replace(self, seed=self.seed + SECOND, _epoch_order={})

    def with_meta(self, position: np.ndarray) -> "SampleBatches":
        return replace(self, meta=self.train.part(position))

    def batch_positions(self, epoch: int, step: int) -> np.ndarray:
        """Positions in `train` of the given batch of this step, (B,) int64."""
        if self.iid:
            count = len(self.train)
            return self._rng(self.TRAIN, epoch, step).choice(count, min(self.batch_size, count), replace=False)
        if epoch not in self._epoch_order:
            self._epoch_order.clear()
            self._epoch_order[epoch] = self._order(epoch)
        return self._epoch_order[epoch][step * self.batch_size : (step + 1) * self.batch_size]

    def epoch_positions(self, epoch: int) -> np.ndarray:
        """Positions in `train`, (m,) int64 ascending, that the epoch draws from: all, or its balanced choice."""
        return np.sort(self._order(epoch)) if self.balanced else np.arange(len(self.train))

    def given_names(self, epoch: int, step: int) -> str:
        return self.names(self.batch_positions(epoch, step))

    def names(self, position: np.ndarray) -> str:
        """The training samples at these positions, for a message."""
        names = [self.train.source.names[one] for one in self.train.index[position].tolist()]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"samples {', '.join(names[:_NAMED])}{more}"

    def clean_names(self, size: int) -> str:
        return f"{size} of the {len(self.meta)} meta samples"

    def ordered_meta(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        return ((images, labels) for images, labels, _ in self.ordered("meta", size))

    def _order(self, epoch: int) -> np.ndarray:
        if self.balanced:  # the same samples for both networks of a method
            seed = self.seed % SECOND
            return balanced_epoch(
                self.train.labels, classes=self.classes, samples=self.balanced, seed=seed, epoch=epoch
            )
        return self._rng(self.TRAIN, epoch, 0).permutation(len(self.train))

    def _augmented(
        self, samples: Samples, position: np.ndarray, rng: np.random.Generator, *, strong: int | None = None
    ) -> Tensor:
        chosen, images = self.augmentation, samples.images(position).to(self.device)
        output = output_size(chosen, (images.shape[2], images.shape[3]))
        if chosen.fit == "resize" and chosen.resized_crop == 1:
            images = images if tuple(images.shape[2:]) == output else resized(images, output)
        drawn = draw_augmentation(
            rng,
            len(position),
            size=(images.shape[2], images.shape[3]),
            output=output,
            crop_padding=chosen.crop_padding,
            padding_mode=chosen.padding_mode,
            flip=chosen.flip,
            rotation_deg=chosen.rotation_deg,
            resized_crop=chosen.resized_crop,
        )
        images = apply_augmentation(drawn, images, output)
        if strong is not None:
            images = strong_view(images.round().byte().cpu(), strong).to(self.device).float()
        return _ready(images, chosen)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.int64)).to(self.device)


def make_batches(
    train: Samples, meta: Samples, evaluation: Samples, settings: Settings, device: torch.device
) -> SampleBatches:
    """The batches of a run: batch size, steps and sampling from its settings."""
    balanced, classes = settings.data.balanced_epoch, len(settings.task.classes)
    one_pass = len(train)
    if balanced:
        one_pass = len(balanced_epoch(train.labels, classes=classes, samples=balanced, seed=settings.seed, epoch=0))
    return SampleBatches(
        train,
        meta,
        evaluation,
        settings.augmentation,
        seed=settings.seed,
        device=device,
        batch_size=settings.batch_size,
        steps=settings.steps_per_epoch or max(1, one_pass // settings.batch_size),
        iid=settings.sampling == "iid",
        balanced=balanced,
        classes=classes,
    )


def prepared(images: Tensor, augmentation: AugmentationSettings) -> Tensor:
    """Images (n, C, H, W) uint8 as the network takes them outside training: brought to size, normalised, float32."""
    output = output_size(augmentation, (images.shape[2], images.shape[3]))
    fitted = centre_cropped(images, output) if augmentation.fit == "crop" else resized(images, output)
    return _ready(fitted, augmentation)


def output_size(augmentation: AugmentationSettings, stored: tuple[int, int]) -> tuple[int, int]:
    """Height and width the network gets from images of the `stored` ones."""
    return stored if augmentation.size is None else (augmentation.size, augmentation.size)


def _ready(images: Tensor, augmentation: AugmentationSettings) -> Tensor:
    assert augmentation.mean is not None
    assert augmentation.std is not None
    done = normalised(images, augmentation.mean, augmentation.std)
    return done.contiguous(memory_format=torch.channels_last)
