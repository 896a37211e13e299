"""Predictions of any network from files: probabilities or label maps, on the grid of the mask they are held against.

What is read of CASE, the first that is there: CASE.npz or CASE_probability.npz with an array `probabilities` or
`softmax` (labels, z, y, x), as nnU-Net and `l2b-seg predict` write them; CASE_probability.nii.gz of one class;
CASE_probabilities.nii.gz with the labels along a fourth axis; CASE_0.nii.gz, CASE_1.nii.gz, ..., a map a label;
CASE.nii.gz, a label map, or the probability of one class; CASE.png or another readable type, a label map. Where a
folder has none of these, they are looked for in its fold_0/validation, fold_1/validation, ..., as nnU-Net leaves them.
"""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import label_values
from l2b_data.errors import DataError
from l2b_data.files.unicode_form import on_disk
from l2b_data.images.image_files import IMAGE_SUFFIXES, READABLE_SUFFIXES, off_whole, read_label_map
from l2b_data.images.stored_as import stored_as
from l2b_data.images.volume import Volume, read_volumes

CERTAIN = 0.98
"""Probability of a label map's own label, away from its borders. A hard 1 would make the loss of a wrong pixel infinite
and hide all others; calibrated segmentation networks err in a few percent of the pixels they are sure of."""

BORDER = 1.0  # pixels, standard deviation: by about as much two careful outlines of one organ differ

_SLACK = 1e-3  # by which float16 probabilities leave [0, 1] or a sum of 1
_KEYS = ("probabilities", "softmax")
_NIFTI = ".nii.gz"


@dataclass(frozen=True)
class Predicted:
    """probability: (K, D, H, W) float32 as in `Outlook`; labels: (D, H, W) uint8 of a label map, None of
    probabilities."""

    probability: np.ndarray
    labels: np.ndarray | None = None


def prediction_files(folder: Path, case: str) -> list[Path]:
    """The files from which the prediction of a case is read, in `folder` or its fold_*/validation; empty: none."""
    places = (folder, *sorted(folder.glob("fold_*/validation")))
    return next((found for place in places if (found := _files_in(place, case))), [])


def _files_in(folder: Path, case: str) -> list[Path]:
    ways = (f"{case}.npz", f"{case}_probability.npz", f"{case}_probability{_NIFTI}", f"{case}_probabilities{_NIFTI}")
    for path in (on_disk(folder / name) for name in ways):
        if path.is_file():
            return [path]
    maps = list[Path]()
    while (one := on_disk(folder / f"{case}_{len(maps)}{_NIFTI}")).is_file():
        maps.append(one)
    plain = (on_disk(folder / f"{case}{suffix}") for suffix in READABLE_SUFFIXES)
    return maps or [path for path in plain if path.is_file()][:1]


def read_prediction(files: Sequence[Path], grid: Volume, dataset: Dataset) -> Predicted:
    """The prediction in `files`, on `grid`. Raises DataError, naming the file: unreadable, another grid or number of
    labels, values that are neither probabilities nor labels of the data set."""
    path, outputs = files[0], len(dataset.classes) + 1
    if path.suffix == ".npz":
        return Predicted(_foreground(path, _in_order(path, _stored(path), grid.array.shape), outputs))
    pictures = path.suffix.lower() in IMAGE_SUFFIXES
    volumes = [read_label_map(path)] if pictures else [volume for one in files for volume in read_volumes(one)]
    volumes = [stored_as(volume, grid) for volume in volumes]
    for volume in volumes:
        if faults := volume.same_grid(grid):
            raise DataError(f"{path}: not on the grid of the image and its mask: {'; '.join(faults)}")
    if len(volumes) > 1 or _is_fraction(volumes[0].array):
        return Predicted(_foreground(path, np.stack([volume.array for volume in volumes]), outputs))
    whole = volumes[0].array if volumes[0].array.dtype.kind != "f" else np.round(volumes[0].array)
    labels = _labels(path, whole, dataset)
    return Predicted(softened(labels, outputs), labels)


def softened(labels: np.ndarray, outputs: int) -> np.ndarray:
    """Probabilities (K, D, H, W) float32 of a label map (D, H, W): CERTAIN for its label, the rest for the others.

    Blurred within each slice by BORDER pixels, as no border is sure to a pixel; of sum 1.
    """
    values = (1,) if outputs == 2 else range(outputs)
    rest = (1 - CERTAIN) / (outputs - 1)
    maps = np.empty((len(values), *labels.shape), np.float32)
    for found, value in zip(maps, values, strict=True):
        hard = (labels == value).astype(np.float32)
        box = _box(hard, round(4 * BORDER) + 1)
        found[:] = rest
        found[box] += (CERTAIN - rest) * gaussian_filter(hard[box], (0, BORDER, BORDER), mode="nearest")
    return maps


def _box(mask: np.ndarray, margin: int) -> tuple[slice, ...]:
    """Slices all; rows and columns around the mask with a margin, within the array."""
    box = [slice(None)]
    for others in ((0, 2), (0, 1)):
        hits = np.flatnonzero(mask.any(others))
        first, last = (hits[0], hits[-1]) if len(hits) else (0, -1)
        box.append(slice(max(0, int(first) - margin), int(last) + 1 + margin))
    return tuple(box)


def _stored(path: Path) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as archive:
            key = next((key for key in _KEYS if key in archive.files), None)
            array = None if key is None else archive[key]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: no readable .npz file: {error}") from error
    if array is None or array.ndim != 4 or array.dtype.kind != "f":
        found = "no such array" if array is None else f"an array of type {array.dtype} and shape {_times(array.shape)}"
        raise DataError(f"{path}: {found}; `probabilities` or `softmax` with axes (labels, z, y, x) is read")
    return np.asarray(array)


def _in_order(path: Path, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The array with its last three axes in the order of `shape`, where only one order fits."""
    if array.shape[1:] == shape:
        return array
    orders = [order for order in permutations((1, 2, 3)) if tuple(array.shape[axis] for axis in order) == shape]
    if len(orders) == 1:
        return array.transpose(0, *orders[0])
    why = f"its axes fit in {len(orders)} orders" if orders else "it is of another grid, or of a cropped image"
    told = f"shape {_times(array.shape[1:])}, the mask {_times(shape)}"
    raise DataError(f"{path}: {told}: {why}; store (labels, z, y, x) on the image's grid, as nnU-Net v2 does")


def _foreground(path: Path, maps: np.ndarray, outputs: int) -> np.ndarray:
    """Checked probabilities as `Outlook` has them: of one class the foreground's alone."""
    counts = (1, 2) if outputs == 2 else (outputs,)
    if len(maps) not in counts:
        wanted = " or ".join(map(str, counts))
        raise DataError(f"{path}: {len(maps)} probability maps; this data set's labels ask for {wanted}")
    kept = maps[-1:] if outputs == 2 else maps
    kept = np.ascontiguousarray(kept, np.float32)
    low, high = float(kept.min()), float(kept.max())
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # NaN too
        raise DataError(f"{path}: values from {low:g} to {high:g}, which are no probabilities")
    if outputs > 2 and float(np.abs(kept.sum(0) - 1).max()) > 10 * _SLACK:
        raise DataError(f"{path}: the probabilities of a pixel's labels do not sum to 1; write those of a softmax")
    return np.clip(kept, 0, 1, out=kept)


def _is_fraction(array: np.ndarray) -> bool:
    """Whether the array holds values between whole numbers, by more than rounding explains; NaN counts as one."""
    return array.dtype.kind == "f" and not (np.isfinite(array).all() and not off_whole(array).any())


def _labels(path: Path, array: np.ndarray, dataset: Dataset) -> np.ndarray:
    """A label map in the user's own values or, where those do not fit, in labels 0 ... n."""
    found = _values(array)
    plain = list(range(len(dataset.classes) + 1))
    if len(plain) == 2 and len(found) > 2:
        shown = ", ".join(f"{value:g}" for value in found[:5])
        raise DataError(f"{path}: {len(found)} values ({shown}, ...) where a mask of one class has two")
    own = set(found) <= {*dataset.values} or len(plain) == 2
    return label_values(path, array, dataset.values if own else plain)


def _values(array: np.ndarray) -> Sequence[float]:
    if array.dtype == np.uint8:
        return np.flatnonzero(np.bincount(array.ravel(), minlength=256)).tolist()
    return np.unique(array).tolist()


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
