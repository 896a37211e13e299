"""Evaluation cases at native size: a quick mean Dice an epoch, every metric at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2b_run.errors import DataError
from l2b_seg.case_metrics import CaseMetrics, case_metrics
from l2b_seg.dataset import CLEAN_LABELS, Dataset
from l2b_seg.inference import Predictor
from l2b_seg.slices import SliceOptions, native_slices, require_same_shape, to_native
from l2b_seg.summary import summarise
from l2b_seg.volume import read_volume

_THRESHOLD = 0.5


@dataclass(frozen=True)
class EvaluationCase:
    """Prepared slices (D, S, S), the clean native mask (D, H, W) bool, spacing (z, y, x) in the data set's unit."""

    case: str
    slices: np.ndarray
    mask: np.ndarray
    spacing: tuple[float, ...]


def load_evaluation_cases(dataset: Dataset, cases: Sequence[str], options: SliceOptions) -> list[EvaluationCase]:
    """Read the cases once for the whole run. Raises DataError naming every case that cannot be used."""
    loaded, faults = [], []
    for case in cases:
        try:
            slices, shape = native_slices(dataset.image_path(case), "image", options)
            reference = read_volume(dataset.label_path(case))
            require_same_shape(case, shape, reference.array.shape, CLEAN_LABELS)
        except DataError as error:
            faults.append(str(error))
            continue
        spacing = reference.spacing_mm if dataset.spacing_unit == "mm" else (1.0, 1.0, 1.0)
        loaded.append(EvaluationCase(case, slices, reference.array > 0, spacing))
    if faults:
        raise DataError(f"{len(faults)} of {len(cases)} evaluation cases cannot be used:\n  " + "\n  ".join(faults))
    if not loaded:
        raise DataError(f"{dataset.root}: no case to evaluate on; its split needs at least one test case")
    return loaded


def mean_dice(predictor: Predictor, cases: Sequence[EvaluationCase]) -> float:
    """Mean over cases of the volumetric Dice at native size; an empty mask predicted empty counts 1."""
    values = []
    for case in cases:
        predicted = predict_mask(predictor, case)
        both = int(predicted.sum()) + int(case.mask.sum())
        values.append(2 * int((predicted & case.mask).sum()) / both if both else 1.0)
    return float(np.mean(values))


def evaluate_cases(predictor: Predictor, cases: Sequence[EvaluationCase], *, unit: str) -> dict[str, Any]:
    """The summary (see `summarise`) of all overlap and surface metrics, one entry a case."""
    metrics: dict[str, CaseMetrics] = {
        case.case: case_metrics(predict_mask(predictor, case), case.mask, case.spacing) for case in cases
    }
    return summarise(metrics, unit="mm" if unit == "mm" else "voxel", tolerance=None)


def predict_mask(predictor: Predictor, case: EvaluationCase) -> np.ndarray:
    """Predicted mask (D, H, W) bool on the native grid: probability above 0.5."""
    maps = predictor.predict_slices(case.slices)
    height, width = case.mask.shape[1:]
    return to_native(maps, (height, width), predictor.options) > _THRESHOLD
