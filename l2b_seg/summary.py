"""The summary of many cases: the content of summary.json, the rows of the CSV file, the terminal's table."""

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from l2b_run.atomic import write_text
from l2b_seg.case_metrics import DEFINITIONS, CaseMetrics

if TYPE_CHECKING:
    from rich.table import Table

Unit = Literal["mm", "voxel"]

OVERLAPS = ("dice", "iou", "nsd")
DISTANCES = ("hd", "hd95", "hd95_pooled", "assd", "masd", "asd_pred_to_ref", "asd_ref_to_pred")
COUNTS = ("tp", "fp", "fn", "tn")

SUMMARY_DEFINITIONS = {
    "mean": "mean over the cases where the metric is defined: dice and iou over all n_cases, distances over the "
    "n_defined cases in which both masks have voxels, nsd over all but the n_both_empty cases",
    "penalised_mean": "as mean, but a case in which one mask is empty (n_missed + n_false_alarm) counts in each "
    "distance with its image's diagonal; cases with both masks empty have no distance and stay out",
    "foreground_mean": "nnU-Net's keys; Dice and IoU as dice and iou above (nnU-Net leaves cases with both masks "
    "empty out of its mean, here they count as 1)",
}


def summarise(cases: Mapping[str, CaseMetrics], *, unit: Unit, tolerance: float | None) -> dict[str, Any]:
    """Summary of the cases, ready for JSON: a superset of nnU-Net's summary.json, without NaN or Infinity.

    Args:
        cases: case id -> metrics, all computed with one unit and tolerance.
        unit: unit of every distance: "mm", or "voxel" for spacing 1.
        tolerance: the tolerance of `nsd` in that unit, None if `nsd` was left out.

    Returns:
        A dict with n_cases, n_defined, n_missed, n_false_alarm, n_both_empty, mean, penalised_mean,
        foreground_mean, metric_per_case, unit, tolerance and definitions. A mean over no case is None.
        `mean` and each case of `metric_per_case` also hold nnU-Net's nested values, under label "1".

    Raises:
        ValueError: a metric is NaN or infinite (a bug in whatever made it; it would be no JSON).
    """
    for case, metrics in cases.items():
        bad = [name for name, value in asdict(metrics).items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"case {case}: {', '.join(bad)} not finite")
    values = list(cases.values())
    nnunet_mean = _nnunet_mean(values)
    n_status = {status: sum(m.status == status for m in values) for status in ("missed", "false_alarm", "both_empty")}
    return {
        "n_cases": len(values),
        "n_defined": sum(m.status == "ok" for m in values),
        **{f"n_{status}": n for status, n in n_status.items()},
        "unit": unit,
        "tolerance": tolerance,
        "mean": {**_means(values, lambda m, name: getattr(m, name)), "1": nnunet_mean},
        "penalised_mean": _means(values, _penalised),
        "foreground_mean": nnunet_mean,
        "metric_per_case": [
            {"case": case, **asdict(metrics), "metrics": {"1": _nnunet_case(metrics)}}
            for case, metrics in cases.items()
        ],
        "definitions": {
            "unit": "distances in voxels: every spacing taken as 1" if unit == "voxel" else "distances in mm",
            "tolerance": "nsd not computed" if tolerance is None else f"nsd at {tolerance:g} {unit}",
            **DEFINITIONS,
            **SUMMARY_DEFINITIONS,
        },
    }


def _penalised(metrics: CaseMetrics, name: str) -> float | None:
    if name in DISTANCES and metrics.status in ("missed", "false_alarm"):
        return metrics.diagonal
    value: float | None = getattr(metrics, name)
    return value


def _means(values: list[CaseMetrics], read: Callable[[CaseMetrics, str], float | None]) -> dict[str, float | None]:
    means: dict[str, float | None] = {}
    for name in (*OVERLAPS, *DISTANCES):
        defined = [value for value in (read(metrics, name) for metrics in values) if value is not None]
        means[name] = fmean(defined) if defined else None
    return means


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


def _nnunet_mean(values: list[CaseMetrics]) -> dict[str, float | None]:
    rows = [_nnunet_case(metrics) for metrics in values]
    keys = ("Dice", "IoU", "TP", "FP", "FN", "TN", "n_pred", "n_ref")
    return {key: fmean(row[key] for row in rows) if rows else None for key in keys}


def write_case_csv(path: Path, summary: Mapping[str, Any]) -> None:
    """Write what `summarise` returns as CSV (atomically): a header, one row a case, empty fields where undefined.

    Raises:
        L2BError: the file cannot be written.
    """
    columns = ("case", "status", *OVERLAPS, *DISTANCES, *COUNTS, "diagonal")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(summary["metric_per_case"])
    write_text(path, text.getvalue())


def metrics_table(summary: Mapping[str, Any], *, title: str | None = None) -> "Table":
    """The summary as a rich table of at most 80 columns: a row a case, then the mean and the penalised mean.

    Args:
        summary: what `summarise` returns.
        title: a line above the table.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", caption=_caption(summary), caption_justify="left", pad_edge=False)
    table.add_column("case", overflow="fold", min_width=10)
    shown = ("dice", "iou", "hd", "hd95", "assd", "nsd")
    for header in ("Dice", "IoU", "HD", "HD95", "ASSD", "NSD"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    for row in summary["metric_per_case"]:
        # Text, not str: a case id with square brackets is no markup
        table.add_row(Text(row["case"]), *(_cell(name, row[name]) for name in shown), row["status"])
    table.add_section()
    table.add_row("mean", *(_cell(name, summary["mean"][name]) for name in shown), f"n={summary['n_defined']}")
    if summary["n_missed"] + summary["n_false_alarm"]:
        n = summary["n_cases"] - summary["n_both_empty"]
        table.add_row("penalised", *(_cell(name, summary["penalised_mean"][name]) for name in shown), f"n={n}")
    return table


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if name in OVERLAPS else f"{value:.2f}"


def _caption(summary: Mapping[str, Any]) -> str:
    unit, tolerance = summary["unit"], summary["tolerance"]
    return (
        f"distances in {unit}" + ("" if tolerance is None else f"; NSD at {tolerance:g} {unit}") + "\n"
        f"n = cases with distances; {summary['n_missed']} missed, {summary['n_false_alarm']} false alarms, "
        f"{summary['n_both_empty']} both empty"
    )
