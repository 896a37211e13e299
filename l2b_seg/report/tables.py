"""The tables of a report: a row a run, and a row a case, run and class. Texts only; the page escapes them."""

from collections.abc import Sequence
from typing import Any

from l2b_run.folder.read_run import method_of
from l2b_run.report.numbers import COST, NONE, Column, RunNumbers, number, number_table
from l2b_run.report.style import run_line
from l2b_seg.report.run_record import RunRecord

COLUMNS = (
    Column("last", "Dice, last epoch", 4, max),
    Column("best", "Dice, best epoch", 4, max),
    Column("hd", "HD", 2, min),
    Column("hd95", "HD95", 2, min),
    Column("assd", "ASSD", 2, min),
    Column("n_missed", "missed", 0, min),
    *COST,
)
CASE_METRICS = (  # key of a case's metrics, heading, decimals
    ("dice", "Dice", 3),
    ("iou", "IoU", 3),
    ("nsd", "NSD", 3),
    ("hd", "HD", 2),
    ("hd95", "HD95", 2),
    ("assd", "ASSD", 2),
)
ALL_CLASSES = "mean of classes"


def run_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The runs in numbers, as `number_table` gives them; of several classes, the Dice of each alone is a column."""
    rows = [
        RunNumbers(label, method_of(run.summary), _noise(run.summary.get("noise")), _values(run.summary))
        for label, run in zip(labels, runs, strict=True)
    ]
    return number_table(rows, [*COLUMNS[:2], *_class_columns(runs), *COLUMNS[2:]])


def case_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """{"metrics": [(key, heading)], "classes": [...], "rows": [...]}: a row a case, run and class, hardest first.

    A row: case, run (its label), line, class (a name; ALL_CLASSES for the means; "" where there is one class),
    values (numbers or None) and texts by metric. Metrics no case has are left out.
    """
    rows = []
    for place, (label, run) in enumerate(zip(labels, runs, strict=True)):
        for entry in _entries(run.summary):
            common = {"case": str(entry.get("case")), "run": label, "line": run_line(place).record()}
            by_class = _classes(entry)
            rows.append(common | {"class": ALL_CLASSES if by_class else ""} | _metrics(entry))
            rows += [common | {"class": str(name)} | _metrics(values) for name, values in by_class.items()]
    metrics = [
        (key, heading) for key, heading, _ in CASE_METRICS if any(row["values"][key] is not None for row in rows)
    ]
    rows.sort(key=lambda row: (-1.0 if row["values"]["dice"] is None else row["values"]["dice"], row["case"]))
    return {"metrics": metrics, "classes": list(dict.fromkeys(row["class"] for row in rows)), "rows": rows}


def units(runs: Sequence[RunRecord]) -> str:
    """The unit of the distances, in words."""
    found = sorted({str(run.summary["unit"]) for run in runs if run.summary.get("unit")})
    return " and ".join("voxels" if unit == "voxel" else unit for unit in found) or "unknown unit"


def _entries(summary: dict[str, Any]) -> list[dict[str, Any]]:
    found = summary.get("metric_per_case")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _metrics(entry: Any) -> dict[str, Any]:
    values = {key: number(entry.get(key)) if isinstance(entry, dict) else None for key, _, _ in CASE_METRICS}
    texts = {key: NONE if values[key] is None else f"{values[key]:.{decimals}f}" for key, _, decimals in CASE_METRICS}
    return {"values": values, "texts": texts}


def _class_columns(runs: Sequence[RunRecord]) -> list[Column]:
    names = dict.fromkeys(name for run in runs for name in _classes(run.summary))
    return [Column(f"class {name}", f"Dice {name}", 4, max) for name in names]


def _classes(summary: dict[str, Any]) -> dict[str, Any]:
    found = summary.get("classes")
    return found if isinstance(found, dict) else {}


def _values(summary: dict[str, Any]) -> dict[str, float | None]:
    mean = summary.get("mean") or {}
    found: dict[str, Any] = {key: _dice(summary.get(key)) for key in ("last", "best")}
    if found["last"] is None:
        found["last"] = mean.get("dice")
    found |= {key: mean.get(key) for key in ("hd", "hd95", "assd")}
    found |= {key: summary.get(key) for key in ("n_missed", "train_seconds", "peak_memory_mb")}
    found |= {f"class {name}": _dice(entry.get("mean")) for name, entry in _classes(summary).items()}
    return {key: number(value) for key, value in found.items()}


def _dice(value: Any) -> Any:
    return value.get("dice") if isinstance(value, dict) else value


def _noise(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("level")
    return str(value) if value and value != "clean" else "none added"
