"""A case with its noise drawn and its masks rotated: what is left to do depends on the length factor alone."""

from dataclasses import dataclass

import numpy as np

from data_prep.mask_noise.one_slice import NoiseLevel, SliceNoise, deform, draw_slice_noise, rotate
from l2b_data.cases.dice import dice_of_counts
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import Volume


@dataclass(frozen=True)
class RotatedSlice:
    """One non-empty slice and its noise, rotated already; the masks are bit-packed, one a class."""

    index: int
    noise: SliceNoise
    shape: tuple[int, int]
    clean_bits: tuple[np.ndarray, ...]
    rotated_bits: tuple[np.ndarray, ...]

    def clean(self) -> np.ndarray:
        """The clean mask, label values (H, W) uint8."""
        labels = np.zeros(self.shape, np.uint8)
        for value, bits in enumerate(self.clean_bits, 1):
            labels[_unpack(bits, self.shape)] = value
        return labels

    def noisy(self, length_factor: float, small_area_px: float) -> np.ndarray:
        """The noisy mask, label values (H, W) uint8, at a length factor.

        Each class is deformed alone by the slice's noise. Where they then meet, the class with the smaller area before
        the deformation lies over the larger one (the higher label where they are equal).
        """
        labels = np.zeros(self.shape, np.uint8)
        if self.noise.deleted:
            return labels
        masks = [_unpack(bits, self.shape) for bits in self.rotated_bits]
        order = sorted(range(len(masks)), key=lambda k: (-np.count_nonzero(masks[k]), k))
        for k in order:
            labels[deform(self.noise, masks[k], length_factor, small_area_px=small_area_px)] = k + 1
        return labels


@dataclass(frozen=True)
class RotatedCase:
    """The non-empty slices of one case; cut: how its mask becomes slices; clean_voxels: of each class in it.

    scale: by what this case's lengths differ from those of the data set; it multiplies every length factor, and its
    square every area.
    """

    case: str
    cut: Cut
    slices: tuple[RotatedSlice, ...]
    clean_voxels: tuple[int, ...]
    scale: float = 1.0

    def at(self, length_factor: float, small_area_px: float) -> tuple[float, float]:
        """The data set's length factor and small area as they are in this case."""
        return length_factor * self.scale, small_area_px * self.scale**2

    def dice(self, length_factor: float, small_area_px: float) -> float:
        """Volumetric Dice of noisy against clean, mean over the classes in the case; 1 where there is none."""
        found = [value for value in self.class_dice(length_factor, small_area_px) if value is not None]
        return sum(found) / len(found) if found else 1.0

    def class_dice(self, length_factor: float, small_area_px: float) -> list[float | None]:
        """Volumetric Dice of noisy against clean a class; None where the case has none of it."""
        common, noisy_voxels = (np.zeros(len(self.clean_voxels), int) for _ in range(2))
        for item in self.slices:
            noisy, clean = item.noisy(*self.at(length_factor, small_area_px)), item.clean()
            for k in range(len(common)):
                one = noisy == k + 1
                common[k] += np.count_nonzero(one & (clean == k + 1))
                noisy_voxels[k] += np.count_nonzero(one)
        totals = [int(noisy + clean) for noisy, clean in zip(noisy_voxels, self.clean_voxels, strict=True)]
        return [dice_of_counts(int(both), total) if total else None for both, total in zip(common, totals, strict=True)]

    def noisy(self, length_factor: float, small_area_px: float) -> np.ndarray:
        """The noisy mask of the whole case, label values (D, H, W) uint8, as it is stored."""
        volume = np.zeros(self.cut.sizes, np.uint8)
        for item in self.slices:
            volume[item.index] = item.noisy(*self.at(length_factor, small_area_px))
        return self.cut.undo(volume)


def rotate_case(
    case: str,
    mask: Volume,
    level: NoiseLevel,
    seed: int,
    small_area_px: float,
    *,
    classes: int = 1,
    scale: float = 1.0,
    plane: str | None = None,
) -> RotatedCase:
    """Draw the noise of every non-empty slice, cut in `plane`, of a clean mask of values 0 to `classes`; rotate it."""
    slices, cut = [], mask.cut(plane).unflipped
    labels = cut.apply(mask.array)
    for index in np.flatnonzero(labels.any(axis=(1, 2))):
        masks = [labels[index] == value for value in range(1, classes + 1)]
        deleted = bool(np.count_nonzero(labels[index]) <= small_area_px * scale**2)
        noise = draw_slice_noise(seed, case, int(index), level, deleted=deleted)
        clean = tuple(np.packbits(mask) for mask in masks)
        rotated = clean if deleted else tuple(np.packbits(rotate(mask, noise.angle_deg)) for mask in masks)
        slices.append(RotatedSlice(int(index), noise, cut.sizes[1:], clean, rotated))
    voxels = tuple(int(np.count_nonzero(labels == value)) for value in range(1, classes + 1))
    return RotatedCase(case, cut, tuple(slices), voxels, scale)


def _unpack(bits: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).view(bool)
