"""A few slices with everything a report shows of them, as plain arrays."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import case_mask
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_run.training.method import Training
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.metrics.case_evaluation import EvaluationCase
from l2b_seg.prediction.predictor import predictor_for
from l2b_seg.run_data import RunData
from l2b_seg.training_weights.file import read_training_weights

LOG = logging.getLogger(__name__)
_SHOWN = 8


def write_figures(path: Path, run: Training, data: RunData, cases: list[EvaluationCase]) -> None:
    """Write figures.npz: training slices with given, clean and predicted masks, and alpha and beta where there are any.

    Arrays: image (N, S, S) float32, the mean of the channels; colour (N, S, S, 3) float32 where there are three; given,
    clean, predicted (N, S, S) uint8 label values; probability (N, S, S) of all foreground; alpha, beta (N, S, S), the
    run's training weights (kept in the folder of `path`) scaled by the largest; names (N,); classes, their names in the
    order of their labels. The clean masks of training cases are read here, after training, where they exist in the data
    set; without any the array is left out.
    """
    settings, batches = cast(Settings, run.settings), cast(SliceBatches, run.batches)
    predictor = predictor_for(run.state.evaluated, settings, batches.device)
    chosen = _largest_slices(batches)
    image, given = batches.train.image[chosen], batches.train.mask[chosen]
    probabilities = predictor.predict_slices(image.numpy())
    arrays = {
        "names": np.array([f"{case} slice {index}" for case, index in (batches.train.where[i] for i in chosen)]),
        "classes": np.array(settings.task.classes),
        "image": image.mean(1).numpy(),
        "given": given[:, 0].numpy().astype(np.uint8),
        "predicted": predictor.label_map(probabilities),
        "probability": probabilities[0] if predictor.task.binary else 1 - probabilities[0],
    }
    if predictor.task.channels == 3:
        arrays["colour"] = image.permute(0, 2, 3, 1).numpy()
    clean = _clean_masks(chosen, batches, data, predictor.options)
    if clean is not None:
        arrays["clean"] = clean
    arrays |= _weights(path.parent, [batches.train.where[i] for i in chosen])
    with atomic_file(path) as temporary, open(temporary, "wb") as handle:
        np.savez_compressed(handle, allow_pickle=False, **arrays)


def _largest_slices(batches: SliceBatches) -> list[int]:
    """Of evenly spread cases, the slice with the largest given mask (the middle one where all are empty)."""
    cases = sorted({case for case, _ in batches.train.where})
    spread = [cases[i] for i in np.linspace(0, len(cases) - 1, min(_SHOWN, len(cases))).round().astype(int)]
    chosen = []
    for case in spread:
        index = [i for i, (name, _) in enumerate(batches.train.where) if name == case]
        area = (batches.train.mask[index] > 0).sum((1, 2, 3))
        chosen.append(index[int(area.argmax())] if area.any() else index[len(index) // 2])
    return chosen


def _clean_masks(chosen: list[int], batches: SliceBatches, data: RunData, options: SliceOptions) -> np.ndarray | None:
    """(N, S, S), or None where the given masks are the clean ones, or a clean one is absent or unusable."""
    if data.labels == CLEAN_LABELS:
        return None
    try:
        where = [batches.train.where[i] for i in chosen]
        return np.stack([case_mask(data.dataset, case, options).array[index] for case, index in where])
    except (DataError, IndexError) as error:
        LOG.warning("the figures leave out the clean masks: %s", error)
        return None


def _weights(run: Path, where: Sequence[tuple[str, int]]) -> dict[str, np.ndarray]:
    """alpha and, where it is weighed, beta of these slices of a run folder, 1 the largest; empty where it has none."""
    kept = {case: read_training_weights(run, case) for case, _ in where}
    found = [of_case[:, index] for case, index in where if (of_case := kept[case]) is not None]
    if not found:
        return {}
    weights = np.stack(found, axis=1)
    return dict(zip(("alpha", "beta"), weights / max(float(weights.max()), 1e-30), strict=False))
