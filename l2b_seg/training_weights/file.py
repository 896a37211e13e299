"""training_weights.npz: what a run gave the labels of its training pixels."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from l2b_data.errors import DataError

TRAINING_WEIGHTS = "training_weights.npz"


def read_training_weights(run: Path, case: str) -> np.ndarray | None:
    """Training weights (K, D, S, S) float32 of a case's slices at the size the network sees, >= 0.

    The first is alpha, of the given label, the second beta, of the pseudo-label of the time; methods that weigh the
    given label alone have the first. Means over all readings of a pixel in the run's weighted epochs, in multiples of a
    pixel's weight in plain training; 0 where it was never read. The file holds an array a case under its name, float16,
    with all above 65504 as that. None where the run has no such file, or the case none in it: a method without weights,
    a run of an earlier version, a case it was not trained on. Raises DataError where the file is damaged.
    """
    path = run / TRAINING_WEIGHTS
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = archive[case].astype(np.float32) if case in archive else None
    except (BadZipFile, OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read as the weights of a run's training pixels: {error}") from error
    if found is not None and found.ndim != 4:
        raise DataError(f"{path}: {case} has shape {found.shape}, expected (labels, slices, S, S)")
    return found
