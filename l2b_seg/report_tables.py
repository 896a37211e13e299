"""The tables of a report: a row a run, and a row a case, run and class. Texts only; the page escapes them."""

from collections.abc import Callable, Sequence
from typing import Any

from l2b_run.report_style import run_line
from l2b_seg.run_record import RunRecord

# key of the row, heading, decimals, which extreme is the best (None: neither)
COLUMNS: tuple[tuple[str, str, int, Callable[..., float] | None], ...] = (
    ("last", "Dice, last epoch", 4, max),
    ("best", "Dice, best epoch", 4, max),
    ("hd", "HD", 2, min),
    ("hd95", "HD95", 2, min),
    ("assd", "ASSD", 2, min),
    ("n_missed", "missed", 0, min),
    ("train_seconds", "training time", 0, None),
    ("peak_memory_mb", "peak memory", 0, None),
)
CASE_METRICS = (  # key of a case's metrics, heading, decimals
    ("dice", "Dice", 3),
    ("iou", "IoU", 3),
    ("nsd", "NSD", 3),
    ("hd", "HD", 2),
    ("hd95", "HD95", 2),
    ("assd", "ASSD", 2),
)
NONE = "–"
ALL_CLASSES = "mean of classes"


def run_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """{"columns": [(key, heading)], "rows": [...]}: a row a run; the best cells of a column are named if runs differ.

    With several classes, the Dice of each class alone is a column of its own.
    """
    columns = [*COLUMNS[:2], *_class_columns(runs), *COLUMNS[2:]]
    table = [_values(run.summary) for run in runs]
    texts = [{key: _text(key, row.get(key), decimals) for key, _, decimals, _ in columns} for row in table]
    best = {}
    for key, _, decimals, extreme in columns:
        known = [value for row in table if (value := row.get(key)) is not None]
        if extreme is not None and len({round(value, decimals) for value in known}) > 1:
            best[key] = _text(key, extreme(known), decimals)
    rows = [
        {
            "label": label,
            "line": run_line(number).record(),
            "method": str(run.summary.get("method") or NONE),
            "noise": _noise(run.summary.get("noise")),
            "cells": cells,
            "best": {key for key, text in best.items() if cells[key] == text},
        }
        for number, (label, run, cells) in enumerate(zip(labels, runs, texts, strict=True))
    ]
    return {"columns": [(key, heading) for key, heading, *_ in columns], "rows": rows}


def case_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """{"metrics": [(key, heading)], "classes": [...], "rows": [...]}: a row a case, run and class, hardest first.

    A row: case, run (its label), line, class (a name; ALL_CLASSES for the means; "" where there is one class),
    values (numbers or None) and texts by metric. Metrics no case has are left out.
    """
    rows = []
    for number, (label, run) in enumerate(zip(labels, runs, strict=True)):
        for entry in _entries(run.summary):
            common = {"case": str(entry.get("case")), "run": label, "line": run_line(number).record()}
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
    values = {key: _number(entry.get(key)) if isinstance(entry, dict) else None for key, _, _ in CASE_METRICS}
    texts = {key: NONE if values[key] is None else f"{values[key]:.{decimals}f}" for key, _, decimals in CASE_METRICS}
    return {"values": values, "texts": texts}


def _class_columns(runs: Sequence[RunRecord]) -> list[tuple[str, str, int, Callable[..., float] | None]]:
    names = dict.fromkeys(name for run in runs for name in _classes(run.summary))
    return [(f"class {name}", f"Dice {name}", 4, max) for name in names]


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
    return {key: _number(value) for key, value in found.items()}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _dice(value: Any) -> Any:
    return value.get("dice") if isinstance(value, dict) else value


def _noise(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("level")
    return str(value) if value else "none"


def _text(key: str, value: float | None, decimals: int) -> str:
    if value is None:
        return NONE
    if key == "train_seconds":
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    if key == "peak_memory_mb":
        return f"{value:,.0f} MB"
    return f"{value:.{decimals}f}"
