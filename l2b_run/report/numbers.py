"""The table of a report: a row a run, its numbers as texts, the best of a column named. The page escapes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from l2b_run.folder.summary import RunSummary, method_of
from l2b_run.report.style import run_line

NONE = "–"


@dataclass(frozen=True)
class Column:
    """A quantity: its key, heading, decimals, and which extreme is the best (None: neither)."""

    key: str
    heading: str
    decimals: int
    best: Callable[..., float] | None = None


@dataclass(frozen=True)
class RunNumbers:
    """A run in the table: its label, what its summary says of method and cost, noise, and value by column key."""

    label: str
    summary: RunSummary
    noise: str
    values: Mapping[str, float | None]

    def __getitem__(self, key: str) -> float | None:
        """The value of a column, None where the run has none."""
        return getattr(self.summary, key) if key in _COST_KEYS else self.values.get(key)


COST = (Column("train_seconds", "training time", 0), Column("peak_memory_mb", "peak memory", 0))
_COST_KEYS = {column.key for column in COST}


def number_table(
    runs: Sequence[RunNumbers], columns: Sequence[Column], *, unranked: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """{"columns": [(key, heading)], "rows": [...], "told": text}: a row a run; the best cells of a column are named if
    runs differ. unranked: key of a column without a best -> why not, which is told.

    A row: label, line (`Line.record`), method, noise, cells (key -> text) and best, the keys of its best cells. NONE
    stands where a run has no such value. Runs differ where their values do when rounded as they are shown.
    """
    texts = [{column.key: _text(column, run[column.key]) for column in columns} for run in runs]
    best, unranked = {}, unranked or {}
    for column in (column for column in columns if column.key not in unranked):
        known = [value for run in runs if (value := run[column.key]) is not None]
        if column.best is not None and len({round(value, column.decimals) for value in known}) > 1:
            best[column.key] = _text(column, column.best(known))
    rows = [
        {
            "label": run.label,
            "line": run_line(place).record(),
            "method": method_of(run.summary.method, run.summary.meta_source) or NONE,
            "noise": run.noise,
            "cells": cells,
            "best": {key for key, text in best.items() if cells[key] == text},
        }
        for place, (run, cells) in enumerate(zip(runs, texts, strict=True))
    ]
    told = ["Bold: best of the column."] if len(unranked) < len(columns) else []
    told += dict.fromkeys(unranked.values())
    return {"columns": [(column.key, column.heading) for column in columns], "rows": rows, "told": " ".join(told)}


def _text(column: Column, value: float | None) -> str:
    if value is None:
        return NONE
    if column.key == "train_seconds":
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
    if column.key == "peak_memory_mb":
        return f"{value:,.0f} MB"
    return f"{value:.{column.decimals}f}"
