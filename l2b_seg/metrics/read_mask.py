"""A mask as `evaluate` measures it: in the values of the user's own masks, soft edges cut at half."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.cases.label_map import label_values, own_values
from l2b_data.images.image_files import file_suffix, read_label_map
from l2b_data.images.picture import JPEG_SUFFIXES
from l2b_data.images.soft_mask import mask_values, two_values
from l2b_data.images.volume import Volume


@dataclass(frozen=True)
class ReadMask:
    """A label map, its values in ascending order, and whether it was cut at half because its edges are soft."""

    volume: Volume
    values: np.ndarray
    soft: bool


def read_mask(path: Path, own: Sequence[int] = ()) -> ReadMask:
    """own: what stands for the labels 0 ... n of this file in the user's own masks; () where it holds these itself.

    Raises DataError as `read_label_map` and `label_values`.
    """
    volume = read_label_map(path)
    if own:
        labels = label_values(path, volume.array, range(len(own)))
        volume = volume.with_array(own_values(labels, own))
    found = mask_values(volume.array)
    if not found.is_soft:
        return ReadMask(volume, found.values, file_suffix(path) in JPEG_SUFFIXES)
    extremes = found.values[[0, -1]]
    return ReadMask(volume.with_array(two_values(volume.array, found.half, *extremes)), extremes, True)
