"""One self-contained HTML page for runs: table, curves, slices with contours and weight maps, cases."""

import base64
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from l2b_run.atomic import write_text
from l2b_run.errors import ConfigError, DataError, L2BError
from l2b_seg.report_figures import CONTOURS, WEIGHTS, curves_png, run_style, slice_png
from l2b_seg.run_record import RunRecord, read_run

MAX_SLICES = 12

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


def write_report(run_dirs: Sequence[Path | str], out: Path | str, *, title: str = "L2B runs") -> Path:
    """Write one HTML file about the runs, in the order given, and return its path.

    It holds its styles and pictures itself, has no script, and loads nothing. Of each run folder it reads
    summary.json, metrics.jsonl and figures.npz (`l2b_seg.run_record`); what is missing is left out of the page, at
    most MAX_SLICES slices are drawn, each with all runs that have it side by side. Every text from the files is
    escaped. Raises `ConfigError` for no run, `DataError` with the faults of all folders, and leaves an existing file
    as it is on any error.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    if not run_dirs:
        raise ConfigError("report: no run folder given; name at least one")
    runs = _read_all(run_dirs)
    labels = _labels([run.path for run in runs])
    environment = Environment(
        loader=PackageLoader("l2b_seg", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    curves = curves_png(list(zip(labels, runs, strict=True)))
    page = environment.get_template("report.html.j2").render(
        title=title,
        rows=_rows(labels, runs),
        columns=[(key, heading) for key, heading, *_ in COLUMNS],
        units=_units(runs),
        curves=None if curves is None else _data_uri(curves),
        slices=_slices(labels, runs),
        weighted=any(name in run.pictures for run in runs for name in WEIGHTS),
        contours=CONTOURS,
        cases=_cases(labels, runs),
        labels=labels,
        definitions=next((run.summary["definitions"] for run in runs if run.summary.get("definitions")), {}),
    )
    write_text(Path(out), page)
    return Path(out)


def _read_all(run_dirs: Sequence[Path | str]) -> list[RunRecord]:
    runs, faults = [], []
    for path in run_dirs:
        try:
            runs.append(read_run(path))
        except L2BError as error:
            faults.append(str(error))
    if faults:
        raise DataError("report: " + "; ".join(faults))
    return runs


def _labels(paths: list[Path]) -> list[str]:
    """Folder names, with as many parents as it takes to tell the runs apart."""
    full = [path.resolve() for path in paths]
    names = [path.name for path in full]
    if len(set(names)) == len(names) or len(full) < 2:
        return names
    common = os.path.commonpath([str(path.parent) for path in full])
    return [str(path.relative_to(common)) for path in full]


def _rows(labels: list[str], runs: list[RunRecord]) -> list[dict[str, Any]]:
    """A row a run: texts for the page, and which of its cells are the best of their column (where runs differ)."""
    table = [_values(run.summary) for run in runs]
    texts = [{key: _text(key, row[key], decimals) for key, _, decimals, _ in COLUMNS} for row in table]
    best = {}
    for key, _, decimals, extreme in COLUMNS:
        known = [value for value in (row[key] for row in table) if value is not None]
        if extreme is not None and len({round(value, decimals) for value in known}) > 1:
            best[key] = _text(key, extreme(known), decimals)
    return [
        {
            "label": label,
            "colour": run_style(number)[0],
            "method": run.summary.get("method") or "–",
            "noise": _noise(run.summary.get("noise")),
            "cells": cells,
            "best": {key for key, text in best.items() if cells[key] == text},
        }
        for number, (label, run, cells) in enumerate(zip(labels, runs, texts, strict=True))
    ]


def _values(summary: dict[str, Any]) -> dict[str, float | None]:
    mean = summary.get("mean") or {}
    found: dict[str, Any] = {key: _dice(summary.get(key)) for key in ("last", "best")}
    if found["last"] is None:
        found["last"] = mean.get("dice")
    found |= {key: mean.get(key) for key in ("hd", "hd95", "assd")}
    found |= {key: summary.get(key) for key in ("n_missed", "train_seconds", "peak_memory_mb")}
    return {key: float(value) if isinstance(value, int | float) else None for key, value in found.items()}


def _dice(value: Any) -> Any:
    return value.get("dice") if isinstance(value, dict) else value


def _noise(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("level")
    return str(value) if value else "none"


def _text(key: str, value: float | None, decimals: int) -> str:
    if value is None:
        return "–"
    if key == "train_seconds":
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    if key == "peak_memory_mb":
        return f"{value:,.0f} MB"
    return f"{value:.{decimals}f}"


def _units(runs: list[RunRecord]) -> str:
    return " and ".join(sorted({str(run.summary["unit"]) for run in runs if run.summary.get("unit")})) or "unknown unit"


def _slices(labels: list[str], runs: list[RunRecord]) -> dict[str, Any]:
    """The slices of all runs by name (and size), in the order met; with more than MAX_SLICES, an even choice."""
    groups: dict[tuple[str, tuple[int, ...]], list[tuple[str, RunRecord, int]]] = {}
    for label, run in zip(labels, runs, strict=True):
        for index, name in enumerate(run.names):
            groups.setdefault((name, run.pictures["image"].shape[1:]), []).append((label, run, index))
    found = list(groups.items())
    steps = max(MAX_SLICES - 1, 1)
    shown = (
        found if len(found) <= MAX_SLICES else [found[round(i * (len(found) - 1) / steps)] for i in range(MAX_SLICES)]
    )
    return {
        "total": len(found),
        "items": [{"name": name, "png": _data_uri(slice_png(views))} for (name, _), views in shown],
    }


def _cases(labels: list[str], runs: list[RunRecord]) -> list[dict[str, Any]]:
    """A row a test case with the Dice of every run, the hardest case first."""
    table: dict[str, list[float | None]] = {}
    for number, run in enumerate(runs):
        for entry in run.summary.get("metric_per_case") or []:
            table.setdefault(str(entry.get("case")), [None] * len(labels))[number] = entry.get("dice")
    rows = []
    for case, values in table.items():
        known = [value for value in values if value is not None]
        cells = [{"text": "–" if value is None else f"{value:.3f}", "dice": value} for value in values]
        rows.append({"case": case, "cells": cells, "mean": sum(known) / len(known) if known else -1.0})
    return sorted(rows, key=lambda row: (row["mean"], row["case"]))


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
