"""Draw the mask noise of all training cases as values: what is left open is how long its lengths are."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from data_prep.mask_noise.one_case import RotatedCase, rotate_case
from data_prep.mask_noise.one_slice import NATIVE_WITHIN, REFERENCE_WIDTH_PX, SMALL_AREA_PX, NoiseLevel
from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import label_values
from l2b_data.images.volume import Volume, read_volume


@dataclass(frozen=True)
class DrawnNoise:
    """Noise of a level: the clean masks of the training cases, and these cases with their noise drawn.

    resolution: mean in-plane width over the published one; small_area_px: the area up to which a slice is deleted.
    """

    level: NoiseLevel
    masks: dict[str, Volume]
    cases: list[RotatedCase]
    resolution: float
    small_area_px: float


def draw_noise(dataset: Dataset, cases: Sequence[str], level: NoiseLevel, seed: int, pool: Executor) -> DrawnNoise:
    """Read the clean masks of `cases` and draw their noise, the same whatever the number of workers.

    Raises DataError for a mask that cannot be read or has other values than the data set's classes.
    """
    masks = dict(zip(cases, pool.map(lambda case: _read_mask(dataset, case), cases), strict=True))
    resolution, scales = _resolution(masks)
    small, classes = SMALL_AREA_PX * resolution**2, len(dataset.classes)

    def rotated(case: str) -> RotatedCase:
        return rotate_case(case, masks[case].array, level, seed, small, classes=classes, scale=scales[case])

    return DrawnNoise(level, masks, list(pool.map(rotated, cases)), resolution, small)


def _read_mask(dataset: Dataset, case: str) -> Volume:
    path = dataset.label_path(case)
    volume = read_volume(path)
    return volume.with_array(label_values(path, volume.array, len(dataset.classes)))


def _resolution(masks: dict[str, Volume]) -> tuple[float, dict[str, float]]:
    """Mean in-plane width over the published one; 1, for exactly the published kernels, where they are close.

    And of each case its width over the mean one where all cases are single slices, else 1: volumes of one data set show
    the same anatomy at about the same scale, whatever their matrix, and the published kernels are one for all of them.
    """
    widths = {case: float(np.sqrt(np.prod(mask.array.shape[1:]))) for case, mask in masks.items()}
    mean = float(np.mean(list(widths.values())))
    flat = all(len(mask.array) == 1 for mask in masks.values())
    scales = {case: width / mean if flat else 1.0 for case, width in widths.items()}
    resolution = mean / REFERENCE_WIDTH_PX
    return 1.0 if abs(resolution - 1) < NATIVE_WITHIN else resolution, scales
