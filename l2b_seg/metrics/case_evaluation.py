"""Evaluation cases at native size: a quick mean Dice an epoch, every metric at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.dice import dice
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.slices import case_image, require_same_cut
from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.images.orientation import Cut
from l2b_run.training.nothing_learnt import prediction_row
from l2b_seg.metrics.case_metrics import case_class_metrics
from l2b_seg.metrics.summarise import summarise
from l2b_seg.metrics.summary import Summary
from l2b_seg.prediction.predictor import Predictor


@dataclass(frozen=True)
class EvaluationCase:
    """Prepared slices (D, C, S, S) and the clean mask as stored, (D, H, W) uint8 label values.

    spacing: (z, y, x) in the data set's unit. cut: how the case was cut into these slices.
    """

    case: str
    slices: np.ndarray
    mask: np.ndarray
    spacing: tuple[float, ...]
    cut: Cut


def load_evaluation_cases(dataset: Dataset, cases: Sequence[str], options: SliceOptions) -> list[EvaluationCase]:
    """Read the cases once for the whole run. Raises DataError naming every case that cannot be used."""
    loaded, faults = [], []
    for case in cases:
        try:
            image, mask = case_image(dataset, case, options), case_labels(dataset, case)
            require_same_cut(case, image.cut, mask.cut(options.plane), CLEAN_LABELS)
        except DataError as error:
            faults.append(str(error))
            continue
        spacing = mask.spacing_mm if dataset.spacing_unit == "mm" else (1.0, 1.0, 1.0)
        loaded.append(EvaluationCase(case, image.array, mask.array, spacing, image.cut))
    if faults:
        raise DataError(f"{len(faults)} of {len(cases)} evaluation cases cannot be used:\n  " + "\n  ".join(faults))
    if not loaded:
        raise DataError(f"{dataset.root}: no case to evaluate on; its split needs at least one test case")
    return loaded


@dataclass(frozen=True)
class QuickLook:
    """dice: mean over cases of the mean over classes, volumetric at native size; empty predicted empty counts 1.

    shown, predicted: labels that the clean masks show in any case, and that are predicted in any; one class: 0 and 1.
    """

    dice: float
    shown: frozenset[int]
    predicted: frozenset[int]

    def row(self, classes: Sequence[str]) -> dict[str, Any]:
        """`prediction_row` of it: of several shown classes at least two are to be predicted, and background."""
        never = sorted(self.shown - self.predicted)
        shown, found = len(self.shown - {0}), len(self.predicted & self.shown - {0})
        one_class = 0 in never or (shown > 0 and found <= (shown > 1))
        return prediction_row([("background", *classes)[label] for label in never], one_class=one_class)


def quick_look(predictor: Predictor, cases: Sequence[EvaluationCase]) -> QuickLook:
    """What an epoch's row says of the evaluation cases, at least one."""
    values, shown, found = list[float](), set[int](), set[int]()
    for case in cases:
        predicted = predict_mask(predictor, case)
        labels = range(1, len(predictor.task.classes) + 1)
        values.append(float(np.mean([dice(predicted == label, case.mask == label) for label in labels])))
        shown |= set(np.unique(case.mask).tolist())
        found |= set(np.unique(predicted).tolist())
    return QuickLook(float(np.mean(values)), frozenset(shown), frozenset(found))


def evaluate_cases(predictor: Predictor, cases: Sequence[EvaluationCase], *, unit: str) -> Summary:
    """The summary (see `summarise`) of all overlap and surface metrics, one entry a case, each class of several."""
    classes = {name: value for value, name in enumerate(predictor.task.classes, 1)}
    metrics = {
        case.case: case_class_metrics(predict_mask(predictor, case), case.mask, case.spacing, classes) for case in cases
    }
    return summarise(metrics, unit="mm" if unit == "mm" else "voxel", tolerance=None, classes=classes)


def predict_mask(predictor: Predictor, case: EvaluationCase) -> np.ndarray:
    """Predicted label values (D, H, W) uint8 on the case's grid, as it is stored."""
    return predictor.label_map(predictor.to_native(predictor.predict_slices(case.slices), case.cut))
