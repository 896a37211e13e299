"""The sample log: loss, prediction and weights of every training sample, appended a logged epoch at a time."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file

SAMPLE_LOG, APPENDED = "sample_weights.npz", "sample_log.bin"
_KINDS = {
    "loss": np.float32,
    "predicted": np.int32,
    "probability": np.float32,
    "alpha": np.float32,
    "beta": np.float32,
    "weight_net": np.float32,
}


@dataclass(frozen=True)
class SampleLog:
    """E logged epochs of n training samples, in the order of noisy_labels.csv.

    epoch: (E,) int64, counted from 1. Else (E, n): loss of the given label, predicted class, probability of the given
    label (eval mode, test transform, at the end of the epoch); alpha and beta, mean weights in the epoch's steps, NaN
    where a sample had none or the method has no weights; weight_net, the weight net's output, NaN without one.
    """

    epoch: np.ndarray
    loss: np.ndarray = field(repr=False)
    predicted: np.ndarray = field(repr=False)
    probability: np.ndarray = field(repr=False)
    alpha: np.ndarray = field(repr=False)
    beta: np.ndarray = field(repr=False)
    weight_net: np.ndarray = field(repr=False)


def append_epoch(folder: Path, epoch: int, row: dict[str, np.ndarray]) -> None:
    """Append the arrays (n,) of a finished epoch to sample_log.bin; rows of this epoch and later ones are cut off.

    Those are of an epoch that a stop kept from its checkpoint, and that is trained again. A row takes 24 bytes a sample
    and 8 more; it is on the disk when this returns.
    """
    kind = _record(len(row["loss"]))
    record = np.zeros((), kind)
    record["epoch"] = epoch
    for name in _KINDS:
        record[name] = row[name]
    path = folder / APPENDED
    kept = sum(int(one) < epoch for one in _rows(path, kind)["epoch"]) if path.exists() else 0
    with open(path, "r+b" if path.exists() else "wb") as handle:
        handle.truncate(kept * kind.itemsize)
        handle.seek(kept * kind.itemsize)
        handle.write(record.tobytes())
        handle.flush()
        os.fsync(handle.fileno())


def finish_sample_log(folder: Path, count: int) -> None:
    """Turn sample_log.bin of `count` samples into sample_weights.npz, compressed, whole or not at all.

    Of a run that had finished before (resumed, it trains nothing) the .npz is there alone, and stays.
    """
    if not (folder / APPENDED).exists() and (folder / SAMPLE_LOG).exists():
        return
    rows = _rows(folder / APPENDED, _record(count))
    with atomic_file(folder / SAMPLE_LOG) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **{name: rows[name] for name in ("epoch", *_KINDS)})
    (folder / APPENDED).unlink(missing_ok=True)


def read_sample_log(path: Path) -> SampleLog:
    """Read sample_weights.npz. Raises DataError where it is absent, damaged or of other shapes."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in ("epoch", *_KINDS)}
    except (BadZipFile, OSError, ValueError, EOFError, KeyError) as error:
        raise DataError(f"{path} cannot be read as the weights of a run's training samples: {error}") from error
    shapes = {name: array.shape for name, array in arrays.items() if name != "epoch"}
    whole = next(iter(shapes.values()))
    if len(whole) != 2 or set(shapes.values()) != {whole} or arrays["epoch"].shape != whole[:1]:
        raise DataError(f"{path}: arrays of shapes {shapes} for {len(arrays['epoch'])} epochs, expected one (E, n)")
    return SampleLog(**arrays)


def _record(count: int) -> np.dtype:
    return np.dtype([("epoch", "<i8"), *((name, kind, (count,)) for name, kind in _KINDS.items())])


def _rows(path: Path, kind: np.dtype) -> np.ndarray:
    """The whole rows of the file, mapped; a row that a stop cut off is left out."""
    count = path.stat().st_size // kind.itemsize if path.exists() else 0
    return np.memmap(path, kind, mode="r", shape=(count,)) if count else np.zeros(0, kind)
