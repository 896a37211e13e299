"""sample_weights.npz of a run: what every logged epoch made of every training sample."""

from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file

SAMPLE_LOG = "sample_weights.npz"
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


def write_sample_log(path: Path, log: SampleLog) -> None:
    """Write it compressed, whole or not at all."""
    arrays = {name: np.asarray(getattr(log, name), kind) for name, kind in _KINDS.items()}
    with atomic_file(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, epoch=np.asarray(log.epoch, np.int64), **arrays)


def read_sample_log(path: Path) -> SampleLog:
    """Read what `write_sample_log` wrote. Raises DataError where it is absent, damaged or of other shapes."""
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
