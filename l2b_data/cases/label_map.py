"""Label values of a stored mask, checked."""

from pathlib import Path

import numpy as np

from l2b_data.errors import DataError


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
