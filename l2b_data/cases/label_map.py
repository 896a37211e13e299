"""Masks between two sets of values: labels 0 ... n inside the program, the user's own values in their files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, read_volume

_DTYPES = (np.uint8, np.int16, np.int32)  # what every program reads


def case_labels(dataset: Dataset, case: str, folder: str | Path = CLEAN_LABELS) -> Volume:
    """The mask of `case` in `folder` as labels 0 ... n, (D, H, W) uint8 on the file's grid.

    Raises DataError where it cannot be read, and as `label_values`.
    """
    path = dataset.label_path(case, folder)
    volume = read_volume(path)
    return volume.with_array(label_values(path, volume.array, dataset.values_in(folder)))


def label_values(path: Path, array: np.ndarray, values: Sequence[int]) -> np.ndarray:
    """The labels of a mask's array, uint8 of its shape; `values`: what stands for 0, 1, ..., n in the file.

    One class over a background of 0: anything above 0 is the class. Raises DataError, naming `path`, where a value is
    not finite or stands for no label.
    """
    _finite(path, array)
    if len(values) == 2 and values[0] == 0:
        return (array > 0).astype(np.uint8)
    labels = np.zeros(array.shape, np.uint8)
    known = np.zeros(array.shape, bool)
    for label, value in enumerate(values):
        here = array == value
        labels[here] = label
        known |= here
    if not known.all():
        found = ", ".join(f"{value:g}" for value in np.unique(array[~known])[:5])
        plain = list(values) == list(range(len(values)))
        wanted = f"0 to {len(values) - 1}" if plain else ", ".join(map(str, values))
        raise DataError(f"{path}: label values {found}; this data set's are {wanted}")
    return labels


def own_values(labels: np.ndarray, values: Sequence[int]) -> np.ndarray:
    """Labels 0 ... n as the values of the user's masks, `values[label]`; without `values` as they are.

    The dtype is the first of uint8, int16 and int32 that holds all of `values`.
    """
    if not values:
        return labels
    fits = [np.iinfo(dtype).min <= min(values) and max(values) <= np.iinfo(dtype).max for dtype in _DTYPES]
    return np.array(values, _DTYPES[fits.index(True)])[labels]


def _finite(path: Path, array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise DataError(f"{path}: holds values that are NaN or infinite")
    return array
