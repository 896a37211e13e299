"""What of a label map is measured: one foreground, or several classes each against the rest."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_seg.metrics.case_metrics import CaseMetrics, case_class_metrics, case_metrics
from l2b_seg.metrics.read_mask import read_mask

Labels = Sequence[int] | Literal["all"]

_MOST_CLASSES = 32  # a file of more values holds instance numbers or grey values, and each would be measured alone


@dataclass(frozen=True)
class Foreground:
    """classes: name -> value, each measured alone; where None, `values` (None: all but 0) are one mask together.

    background: the value that is no foreground, in the files of a prepared data set that names another than 0.
    """

    classes: dict[str, int] | None = None
    values: tuple[int, ...] | None = None
    background: int = 0

    @property
    def measured(self) -> set[int]:
        """The values that count; empty where all but the background do."""
        return set((self.classes or {}).values()) | set(self.values or ())

    def metrics(
        self, pred: np.ndarray, ref: np.ndarray, spacing: Sequence[float], tolerance: float | None
    ) -> CaseMetrics | dict[str, CaseMetrics]:
        """Metrics of two label maps (D, H, W), integers; see `case_metrics` and `case_class_metrics`."""
        if self.classes is not None:
            return case_class_metrics(pred, ref, spacing, self.classes, tolerance_mm=tolerance)
        return case_metrics(self._mask(pred), self._mask(ref), spacing, tolerance_mm=tolerance)

    def _mask(self, array: np.ndarray) -> np.ndarray:
        return array != 0 if self.values is None else np.isin(array, self.values)

    def __str__(self) -> str:
        if self.classes is not None:
            named = (name if name == str(value) else f"{name} = {value}" for name, value in self.classes.items())
            return "classes " + ", ".join(named)
        if self.values is None:
            return "every value but 0"
        return ("labels " if self.values[1:] else "label ") + ", ".join(map(str, self.values))


def choose_foreground(
    references: Iterable[Path],
    *,
    own: Sequence[int] = (),
    labels: Labels | None = None,
    classes: Mapping[str, int] | None = None,
    dataset: Dataset | None = None,
) -> Foreground:
    """The foreground asked for, else that of the data set, else that of the values met in the references.

    References with one value besides 0 have one foreground, of any value; with several values each is a class. own: see
    `read_mask`. Raises DataError: the references hold too many values to be classes.
    """
    if labels is not None:
        return Foreground(values=None if labels == "all" else tuple(labels))
    if classes is not None:
        return Foreground(dict(classes)) if len(classes) > 1 else Foreground(values=tuple(classes.values()))
    if dataset is not None:
        background, *found = dataset.values
        if len(found) > 1:
            return Foreground(dict(zip(dataset.classes, found, strict=True)), background=background)
        return Foreground(values=tuple(found) if background else None, background=background)
    values: set[int] = set()
    for path in references:
        with suppress(DataError):  # named when its case is evaluated
            values |= set(read_mask(path, own).values.tolist()) - {0}
    if len(values) > _MOST_CLASSES:
        raise DataError(
            f"the references hold {len(values)} different values, more than {_MOST_CLASSES} classes: instance numbers "
            "or grey values? Merge them with --labels all, or name the classes with --classes name=1,other=2"
        )
    return Foreground({str(value): value for value in sorted(values)}) if len(values) > 1 else Foreground()
