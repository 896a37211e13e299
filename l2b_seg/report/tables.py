"""The tables of a report: a row a run, and a row a case, run and class. Texts only; the page escapes them."""

from collections.abc import Sequence
from typing import Any

from l2b_run.folder.record import typed
from l2b_run.report.numbers import COST, NONE, Column, RunNumbers, number_table
from l2b_run.report.runs import on_one_data_set
from l2b_run.report.style import run_line
from l2b_seg.metrics.case_metrics import CaseMetrics
from l2b_seg.metrics.summary import DISTANCES, Summary
from l2b_seg.report.run_record import RunRecord

COLUMNS = (
    Column("last", "Dice, last epoch", 4, max),
    Column("best", "Dice, best epoch", 4, max),
    *(Column(key, key.upper(), 2, min) for key in ("hd", "hd95", "assd")),
    Column("n_missed", "missed", 0, min),
    *COST,
)
CASE_METRICS = (  # key of a case's metrics, heading, decimals
    *(("dice", "Dice", 3), ("iou", "IoU", 3), ("nsd", "NSD", 3)),
    *(("hd", "HD", 2), ("hd95", "HD95", 2), ("assd", "ASSD", 2)),
)
ALL_CLASSES = "mean of classes"


def run_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The runs in numbers, as `number_table` gives them; of several classes, the Dice of each alone is a column."""
    rows = [
        RunNumbers(label, run.summary, _noise(run.summary), _values(run.summary))
        for label, run in zip(labels, runs, strict=True)
    ]
    classes = dict.fromkeys(name for run in runs for name in run.summary.classes or {})
    of_classes = [Column(f"class {name}", f"Dice {name}", 4, max) for name in classes]
    columns = [*COLUMNS[:2], *of_classes, *COLUMNS[2:]]
    unranked = {}
    if len({run.summary.unit for run in runs if run.summary.unit}) > 1:
        unranked = dict.fromkeys(DISTANCES, "No best of distances is marked: they are in several units.")
    if not on_one_data_set(runs):
        text = "No best is marked: the runs were evaluated on different cases or data sets."
        unranked = dict.fromkeys((column.key for column in columns), text)
    return number_table(rows, columns, unranked=unranked)


def case_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """{"metrics": [(key, heading)], "classes": [...], "rows": [...]}: a row a case, run and class, hardest first.

    A row: case, run (its label), line, class (a name; ALL_CLASSES for the means; "" where there is one class),
    values (numbers or None) and texts by metric. Metrics no case has are left out.
    """
    rows = []
    for place, (label, run) in enumerate(zip(labels, runs, strict=True)):
        for entry in run.summary.metric_per_case:
            common = {"case": str(entry.case), "run": label, "line": run_line(place).record()}
            by_class = entry.classes or {}
            rows.append(common | {"class": ALL_CLASSES if by_class else ""} | _metrics(entry))
            rows += [common | {"class": name} | _metrics(metrics) for name, metrics in by_class.items()]
    known = {key for row in rows for key, value in row["values"].items() if value is not None}
    metrics = [(key, heading) for key, heading, _ in CASE_METRICS if key in known]
    rows.sort(key=lambda row: (-1.0 if row["values"]["dice"] is None else row["values"]["dice"], row["case"]))
    return {"metrics": metrics, "classes": list(dict.fromkeys(row["class"] for row in rows)), "rows": rows}


def units(runs: Sequence[RunRecord]) -> str:
    """The unit of the distances, in words."""
    found = sorted({run.summary.unit for run in runs if run.summary.unit})
    return " and ".join("voxels" if unit == "voxel" else unit for unit in found) or "unknown unit"


def _metrics(metrics: CaseMetrics) -> dict[str, Any]:
    values = {key: getattr(metrics, key) for key, _, _ in CASE_METRICS}
    texts = {key: NONE if values[key] is None else f"{values[key]:.{decimals}f}" for key, _, decimals in CASE_METRICS}
    return {"values": values, "texts": texts}


def _values(summary: Summary) -> dict[str, float | None]:
    found = {"last": summary.mean.get("dice"), "best": (summary.best or {}).get("dice"), "n_missed": summary.n_missed}
    found |= {key: summary.mean.get(key) for key in ("hd", "hd95", "assd")}
    found |= {f"class {name}": one.mean.get("dice") for name, one in (summary.classes or {}).items()}
    return {key: typed(float, value) for key, value in found.items()}


def _noise(summary: Summary) -> str:
    level = (summary.noise or {}).get("level")
    return str(level) if level and level != "clean" else "none added"
