"""Find the length factor at which the corrupted training masks have a given mean Dice against the clean ones."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from data_prep.mask_noise import NoiseLevel, SliceNoise, deform, draw_slice_noise, rotate
from l2b_run.errors import ConfigError

TOLERANCE = 0.005
_CLOSE_ENOUGH = 0.0002
_MAX_STEPS = 40


@dataclass(frozen=True)
class RotatedSlice:
    """One non-empty slice and its noise, rotated already (no angle depends on the factor); masks are bit-packed."""

    index: int
    noise: SliceNoise
    shape: tuple[int, int]
    clean_bits: np.ndarray
    rotated_bits: np.ndarray

    def clean(self) -> np.ndarray:
        """The clean mask, bool (H, W)."""
        return _unpack(self.clean_bits, self.shape)

    def noisy(self, length_factor: float, small_area_px: float) -> np.ndarray:
        """The noisy mask, bool (H, W), at a length factor."""
        if self.noise.deleted:
            return np.zeros(self.shape, bool)
        return deform(self.noise, _unpack(self.rotated_bits, self.shape), length_factor, small_area_px=small_area_px)


@dataclass(frozen=True)
class RotatedCase:
    """The non-empty slices of one case; `shape` (D, H, W); `clean_voxels` of the whole case."""

    case: str
    shape: tuple[int, int, int]
    slices: tuple[RotatedSlice, ...]
    clean_voxels: int

    def dice(self, length_factor: float, small_area_px: float) -> float:
        """Volumetric Dice of noisy against clean; 1 where both are empty."""
        common = noisy_voxels = 0
        for item in self.slices:
            noisy = item.noisy(length_factor, small_area_px)
            common += int(np.count_nonzero(noisy & item.clean()))
            noisy_voxels += int(np.count_nonzero(noisy))
        total = noisy_voxels + self.clean_voxels
        return 2 * common / total if total else 1.0

    def noisy(self, length_factor: float, small_area_px: float) -> np.ndarray:
        """The noisy mask of the whole case, uint8 (D, H, W)."""
        volume = np.zeros(self.shape, np.uint8)
        for item in self.slices:
            volume[item.index] = item.noisy(length_factor, small_area_px)
        return volume


def rotate_case(case: str, mask: np.ndarray, level: NoiseLevel, seed: int, small_area_px: float) -> RotatedCase:
    """Draw the noise of every non-empty slice of a clean mask (D, H, W) and rotate it."""
    slices = []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        clean = mask[index] > 0
        deleted = bool(np.count_nonzero(clean) <= small_area_px)
        noise = draw_slice_noise(seed, case, int(index), level, deleted=deleted)
        rotated = np.packbits(clean) if deleted else np.packbits(rotate(clean, noise.angle_deg))
        shape = (clean.shape[0], clean.shape[1])
        slices.append(RotatedSlice(int(index), noise, shape, np.packbits(clean), rotated))
    depth, height, width = mask.shape
    return RotatedCase(case, (depth, height, width), tuple(slices), int(np.count_nonzero(mask)))


def _unpack(bits: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).view(bool)


def mean_dice(cases: Sequence[RotatedCase], length_factor: float, small_area_px: float, pool: Executor) -> float:
    """Mean over cases of the volumetric Dice; the same number whatever the number of workers."""
    return float(np.mean(list(pool.map(lambda case: case.dice(length_factor, small_area_px), cases))))


def calibrate(
    cases: Sequence[RotatedCase],
    target: float,
    level: NoiseLevel,
    *,
    start: float,
    small_area_px: float,
    pool: Executor,
    say: Callable[[str], None] = lambda line: None,
) -> float:
    """The length factor whose mean Dice is `target`, by bisection; `start` is a first guess.

    Dice falls as the factor grows, from 0 (rotation, ellipses and deletion alone) to where every kernel is twice the
    slice. `ConfigError`, naming that range, for a target outside it. Where few slices leave gaps in the reachable
    values the closest factor met is returned.
    """
    widest = max(max(case.shape[1:]) for case in cases)
    end = 2 * widest / min(level.kernels)
    tried: dict[float, float] = {}

    def dice(factor: float) -> float:
        if factor not in tried:
            tried[factor] = mean_dice(cases, factor, small_area_px, pool)
            say(f"length factor {factor:.5f}: Dice {tried[factor]:.4f}")
        return tried[factor]

    low, high = 0.0, min(start, end)
    while dice(high) > target and high < end:
        low, high = high, min(2 * high, end)
    if target > dice(low) + TOLERANCE or target < dice(high) - TOLERANCE:
        raise ConfigError(
            f"--target-dice {target:g} is out of reach: {level.name} on these masks reaches "
            f"{dice(end):.4f} to {dice(0.0):.4f}"
        )
    while abs(tried[best := _closest(tried, target)] - target) > _CLOSE_ENOUGH and len(tried) < _MAX_STEPS:
        middle = (low + high) / 2
        low, high = (middle, high) if dice(middle) > target else (low, middle)
    return best


def _closest(tried: dict[float, float], target: float) -> float:
    return min(tried, key=lambda factor: abs(tried[factor] - target))
