"""The curves of a report as numbers to draw: one panel a quantity, one line a run, against the epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

from l2b_run.report.style import run_line

Runs = Sequence[tuple[str, Sequence[Mapping[str, Any]]]]  # label, rows of metrics.jsonl

WIDTH, HEIGHT = 400, 220  # of a panel, in its own units
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 10, 30  # margins
_MARKED = 25  # epochs up to which every value has a mark


def curve_panels(runs: Runs, curves: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A panel for each of `curves` (key in a row, title) that any run has. No panel where there is nothing.

    A panel: title, x_ticks and y_ticks as (position, text), lines with label, line (`Line.record`), points "x,y x,y"
    and marks (x, y, text), and warm_ups as (x, epoch, labels): where those of the runs end. An epoch without the value
    (or with null) is bridged.
    """
    ends = _warm_ups(runs)
    return [_panel(key, title, runs, ends) for key, title in curves if any(_values(rows, key) for _, rows in runs)]


def _panel(key: str, title: str, runs: Runs, ends: Mapping[float, list[str]]) -> dict[str, Any]:
    found = [(number, label, values) for number, (label, rows) in enumerate(runs) if (values := _values(rows, key))]
    x_ticks, left, right = _axis([epoch for _, _, values in found for epoch, _ in values], whole=True)
    y_ticks, low, high = _axis([value for _, _, values in found for _, value in values], whole=False)

    def place(epoch: float, value: float) -> tuple[float, float]:
        x = _LEFT + (epoch - left) / (right - left) * (WIDTH - _LEFT - _RIGHT)
        y = HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    lines = []
    for number, label, values in found:
        points = " ".join(f"{x},{y}" for x, y in (place(*value) for value in values))
        marked = values if len(values) < _MARKED else []
        marks = [(*place(epoch, value), f"{label}, epoch {epoch:g}: {value:.4g}") for epoch, value in marked]
        lines.append({"label": label, "line": run_line(number).record(), "points": points, "marks": marks})
    return {
        "key": key,
        "title": title,
        "x_ticks": [(place(tick, low)[0], f"{tick:g}") for tick in x_ticks],
        "y_ticks": [(place(left, tick)[1], f"{tick:g}") for tick in y_ticks],
        "lines": lines,
        "warm_ups": [
            (place(epoch, low)[0], f"{epoch:g}", ", ".join(labels))
            for epoch, labels in ends.items()
            if left <= epoch <= right
        ],
    }


def _warm_ups(runs: Runs) -> dict[float, list[str]]:
    """Last epoch of a warm-up -> labels of the runs with that one."""
    ends: dict[float, list[str]] = {}
    for label, rows in runs:
        if within := [float(row["epoch"]) for row in rows if row.get("warm_up") is True]:
            ends.setdefault(max(within), []).append(label)
    return ends


def _values(rows: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    return [
        (float(epoch["epoch"]), float(epoch[key]))
        for epoch in rows
        if isinstance(epoch.get(key), int | float) and isinstance(epoch["epoch"], int | float)
    ]


def _axis(values: list[float], *, whole: bool) -> tuple[list[float], float, float]:
    """Round ticks and the two ends of an axis that holds the values."""
    from matplotlib.ticker import MaxNLocator

    low, high = min(values), max(values)
    if high == low:
        low, high = low - 0.5, high + 0.5
    ticks = [round(float(tick), 10) for tick in MaxNLocator(5, integer=whole).tick_values(low, high)]
    if whole:  # no empty epochs at the ends
        return [tick for tick in ticks if low <= tick <= high and tick == round(tick)], low, high
    return ticks, ticks[0], ticks[-1]
