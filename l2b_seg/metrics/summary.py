"""The summary of many cases: the content of summary.json and the rows of the CSV file."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

from l2b_data.cases.surface import Status
from l2b_data.files.atomic import write_text
from l2b_seg.metrics.case_metrics import DEFINITIONS, CaseMetrics

Unit = Literal["mm", "voxel"]

OVERLAPS = ("dice", "iou", "nsd")
DISTANCES = ("hd", "hd95", "hd95_pooled", "assd", "masd", "asd_pred_to_ref", "asd_ref_to_pred")
COUNTS = ("tp", "fp", "fn", "tn")
_NNUNET_KEYS = ("Dice", "IoU", "TP", "FP", "FN", "TN", "n_pred", "n_ref")

SUMMARY_DEFINITIONS = {
    "mean": "mean over the cases where the metric is defined: dice and iou over all n_cases, distances over the "
    "n_defined cases in which both masks have voxels, nsd over all but the n_both_empty cases",
    "penalised_mean": "as mean, but a case in which one mask is empty (n_missed + n_false_alarm) counts in each "
    "distance with its image's diagonal; cases with both masks empty have no distance and stay out",
    "foreground_mean": "nnU-Net's keys; Dice and IoU as dice and iou above (nnU-Net leaves cases with both masks "
    "empty out of its mean, here they count as 1); with several classes the mean of their means",
}
CLASS_DEFINITIONS = {
    "classes": "each class against all the rest: of a case its metrics, of the summary its counts and means",
    "several_classes": "of a case: overlaps and distances are means over the classes where they are defined, counts "
    "are sums; status: missed if the prediction lacks a class of the reference, else false_alarm if it adds one, "
    "both_empty if neither mask has any; n_defined counts the cases with a distance for at least one class",
}


def summarise(
    cases: Mapping[str, CaseMetrics] | Mapping[str, Mapping[str, CaseMetrics]],
    *,
    unit: Unit,
    tolerance: float | None,
    classes: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Summary of the cases, ready for JSON: a superset of nnU-Net's summary.json, without NaN or Infinity.

    Args:
        cases: case id -> metrics, all computed with one unit and tolerance; or, from `case_class_metrics`, case id
            -> class name -> metrics.
        unit: unit of every distance: "mm", or "voxel" for spacing 1.
        tolerance: the tolerance of `nsd` in that unit, None if `nsd` was left out.
        classes: class name -> label value, as `case_class_metrics` took them; None: one class of value 1.

    Returns:
        A dict with n_cases, n_defined, n_missed, n_false_alarm, n_both_empty, mean, penalised_mean,
        foreground_mean, metric_per_case, unit, tolerance and definitions. A mean over no case is None.
        `mean` and each case of `metric_per_case` also hold nnU-Net's nested values, under the label's value.
        With several classes each case of `metric_per_case` has `classes`, class name -> its metrics, and the
        summary has `classes`, class name -> value, counts and means of that class alone; one class has neither.

    Raises:
        ValueError: a metric is NaN or infinite (a bug in whatever made it; it would be no JSON), or a case does not
            have the metrics of exactly `classes`.
    """
    values = {"foreground": 1} if classes is None else dict(classes)
    table = {case: _by_class(case, metrics, values) for case, metrics in cases.items()}
    nnunet = {
        str(value): _nnunet_mean([by_class[name] for by_class in table.values()]) for name, value in values.items()
    }
    summary = _counts_and_means(list(table.values()))
    summary["mean"] |= nnunet
    alone = {name: {"value": value, **_class_alone(name, table)} for name, value in values.items()}
    return {
        **summary,
        "foreground_mean": _mean_of_means(list(nnunet.values())),
        **({"classes": alone} if len(values) > 1 else {}),
        "unit": unit,
        "tolerance": tolerance,
        "metric_per_case": [_case_row(case, by_class, values) for case, by_class in table.items()],
        "definitions": {
            "unit": "distances in voxels: every spacing taken as 1" if unit == "voxel" else "distances in mm",
            "tolerance": "nsd not computed" if tolerance is None else f"nsd at {tolerance:g} {unit}",
            **DEFINITIONS,
            **SUMMARY_DEFINITIONS,
            **(CLASS_DEFINITIONS if len(values) > 1 else {}),
        },
    }


def _by_class(
    case: str, metrics: CaseMetrics | Mapping[str, CaseMetrics], classes: Mapping[str, int]
) -> dict[str, CaseMetrics]:
    """The metrics of a case by class name, in the order of `classes`."""
    found = dict(metrics) if isinstance(metrics, Mapping) else {next(iter(classes)): metrics}
    if found.keys() != classes.keys():
        raise ValueError(f"case {case}: metrics of {', '.join(found)}, asked for are {', '.join(classes)}")
    for one in found.values():
        bad = [name for name, value in asdict(one).items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"case {case}: {', '.join(bad)} not finite")
    return {name: found[name] for name in classes}


def _case_row(case: str, by_class: Mapping[str, CaseMetrics], classes: Mapping[str, int]) -> dict[str, Any]:
    nnunet = {str(classes[name]): _nnunet_case(metrics) for name, metrics in by_class.items()}
    metrics = list(by_class.values())
    row = {
        "case": case,
        "status": _status(metrics),
        **{name: _class_mean(metrics, name) for name in (*OVERLAPS, *DISTANCES)},
        **{name: sum(getattr(one, name) for one in metrics) for name in COUNTS},
        "diagonal": metrics[0].diagonal,
        "metrics": nnunet,
    }
    if len(by_class) > 1:
        row["classes"] = {name: asdict(one) for name, one in by_class.items()}
    return row


def _class_alone(name: str, table: Mapping[str, Mapping[str, CaseMetrics]]) -> dict[str, Any]:
    return _counts_and_means([{name: by_class[name]} for by_class in table.values()])


def _counts_and_means(cases: Sequence[Mapping[str, CaseMetrics]]) -> dict[str, Any]:
    metrics = [list(by_class.values()) for by_class in cases]
    statuses = [_status(of_case) for of_case in metrics]
    return {
        "n_cases": len(metrics),
        "n_defined": sum(any(one.status == "ok" for one in of_case) for of_case in metrics),
        **{f"n_{status}": statuses.count(status) for status in ("missed", "false_alarm", "both_empty")},
        "mean": _means(metrics, penalised=False),
        "penalised_mean": _means(metrics, penalised=True),
    }


def _status(metrics: Sequence[CaseMetrics]) -> Status:
    """The status of a case: of its classes the worst."""
    found = {one.status for one in metrics}
    order: tuple[Status, ...] = ("missed", "false_alarm", "ok", "both_empty")
    return next(status for status in order if status in found)


def _means(cases: Sequence[Sequence[CaseMetrics]], *, penalised: bool) -> dict[str, Any]:
    means: dict[str, Any] = {}
    for name in (*OVERLAPS, *DISTANCES):
        values = [_class_mean(metrics, name, penalised=penalised) for metrics in cases]
        defined = [value for value in values if value is not None]
        means[name] = fmean(defined) if defined else None
    return means


def _class_mean(metrics: Sequence[CaseMetrics], name: str, *, penalised: bool = False) -> float | None:
    """A metric of a case: the mean over its classes where it is defined."""
    values = [_penalised(one, name) if penalised else getattr(one, name) for one in metrics]
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None


def _penalised(metrics: CaseMetrics, name: str) -> float | None:
    if name in DISTANCES and metrics.status in ("missed", "false_alarm"):
        return metrics.diagonal
    value: float | None = getattr(metrics, name)
    return value


def _nnunet_case(metrics: CaseMetrics) -> dict[str, float | int]:
    return {
        "Dice": metrics.dice,
        "IoU": metrics.iou,
        "TP": metrics.tp,
        "FP": metrics.fp,
        "FN": metrics.fn,
        "TN": metrics.tn,
        "n_pred": metrics.tp + metrics.fp,
        "n_ref": metrics.tp + metrics.fn,
    }


def _nnunet_mean(values: Sequence[CaseMetrics]) -> dict[str, float | None]:
    rows = [_nnunet_case(metrics) for metrics in values]
    return {key: fmean(row[key] for row in rows) if rows else None for key in _NNUNET_KEYS}


def _mean_of_means(means: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for key in _NNUNET_KEYS:
        values = [value for mean in means if (value := mean[key]) is not None]
        found[key] = fmean(values) if values else None
    return found


def write_case_csv(path: Path, summary: Mapping[str, Any]) -> None:
    """Write what `summarise` returns as CSV (atomically): a header, one row a case, empty fields where undefined.

    With several classes a row a case and class, and the class in a column of its own.

    Raises:
        L2BError: the file cannot be written.
    """
    several = "classes" in summary
    columns = ("case", *(["class"] if several else []), "status", *OVERLAPS, *DISTANCES, *COUNTS, "diagonal")
    rows = summary["metric_per_case"]
    if several:
        rows = [{"case": row["case"], "class": name, **of} for row in rows for name, of in row["classes"].items()]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())
