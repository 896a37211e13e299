"""Draw the mask noise of all training cases as values: what is left open is how long its lengths are."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from data_prep.mask_noise.one_case import RotatedCase, rotate_case
from data_prep.mask_noise.one_slice import NATIVE_WITHIN, REFERENCE_WIDTH_PX, SMALL_AREA_PX, NoiseLevel
from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import case_labels
from l2b_data.images.volume import Volume


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
    masks = dict(zip(cases, pool.map(lambda case: case_labels(dataset, case), cases), strict=True))
    plane, classes = dataset.plane, len(dataset.classes)
    resolution, scales = _resolution({case: mask.cut(plane).sizes for case, mask in masks.items()})
    small = SMALL_AREA_PX * resolution**2

    def rotated(case: str) -> RotatedCase:
        return rotate_case(case, masks[case], level, seed, small, classes=classes, scale=scales[case], plane=plane)

    return DrawnNoise(level, masks, list(pool.map(rotated, cases)), resolution, small)


def _resolution(sizes: dict[str, tuple[int, int, int]]) -> tuple[float, dict[str, float]]:
    """Mean in-plane width over the published one; 1, for exactly the published kernels, where they are close.

    And of each case its width over the mean one where all cases are single slices, else 1: volumes of one data set show
    the same anatomy at about the same scale, whatever their matrix, and the published kernels are one for all of them.
    """
    widths = {case: float(np.sqrt(rows * columns)) for case, (_, rows, columns) in sizes.items()}
    mean = float(np.mean(list(widths.values())))
    flat = all(slices == 1 for slices, _, _ in sizes.values())
    scales = {case: width / mean if flat else 1.0 for case, width in widths.items()}
    resolution = mean / REFERENCE_WIDTH_PX
    return 1.0 if abs(resolution - 1) < NATIVE_WITHIN else resolution, scales
