"""Label values of a stored mask, checked."""

from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, read_volume


def case_labels(dataset: Dataset, case: str, folder: str | Path = CLEAN_LABELS) -> Volume:
    """The mask of a case in `folder`, its array as `label_values`. Raises DataError as that and `read_volume`."""
    path = dataset.label_path(case, folder)
    volume = read_volume(path)
    return volume.with_array(label_values(path, volume.array, len(dataset.classes)))


def label_values(path: Path, array: np.ndarray, classes: int) -> np.ndarray:
    """The label values of a mask's array as uint8: 0 or 1 (anything above 0) for one class, else 0 to `classes`.

    Raises DataError, naming `path`, where a value is not finite or names no class.
    """
    _finite(path, array)
    if classes == 1:
        return (array > 0).astype(np.uint8)
    with np.errstate(invalid="ignore"):  # what no uint8 can hold differs from it, and is named
        values = array.astype(np.uint8)
    unknown = (values != array) | (values > classes)
    if unknown.any():
        found = ", ".join(f"{value:g}" for value in np.unique(array[unknown])[:5])
        raise DataError(f"{path}: label values {found}; this data set's are 0 to {classes}")
    return values


def _finite(path: Path, array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise DataError(f"{path}: holds values that are NaN or infinite")
    return array
