"""Results as a picture: the table, or for a figure the curves over the epochs."""

import textwrap
from pathlib import Path
from typing import Any

from l2b_data.files.atomic import atomic_file
from l2b_run.report.style import run_line
from pipelines.reproduce.results.collect import Results
from pipelines.reproduce.results.text_table import Block, blocks, caption, heading
from pipelines.reproduce.tables.table import METRICS

_INK, _SOFT, _LINE, _WASH = "#1d232a", "#59636d", "#d9dee3", "#f3f5f7"
_HUES = {"hue0": "#0072B2", "hue1": "#D55E00", "hue2": "#009E73", "hue3": "#B0558A", "hue4": "#B87F00"}  # of reports
_LINE_INCH, _TITLE_INCH, _WHAT_INCH, _COLUMN_INCH = 0.22, 1.9, 0.6, 1.55
_MARGIN_INCH = 0.25


def draw_table(results: Results, path: Path) -> None:
    """Write the PNG. Raises L2BError where it cannot be written."""
    figure = _curves(results) if results.table.figure else _page(results)
    with atomic_file(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _page(results: Results) -> Any:
    """The blocks below each other, one line a text line."""
    from matplotlib.figure import Figure

    shown = blocks(results)
    most = max(len(block.heads) for block in shown)
    width = max(7.0, 2 * _MARGIN_INCH + _TITLE_INCH + _WHAT_INCH + most * _COLUMN_INCH)
    below = _wrapped(results, width)
    count = 2 + sum(len(block.lines) + 2 for block in shown) + len(below)
    height = count * _LINE_INCH + 2 * _MARGIN_INCH
    figure = Figure(figsize=(width, height), facecolor="white")
    page = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    page.set_xlim(0, width)
    page.set_ylim(height, 0)  # inches from the top
    page.set_axis_off()
    y = _MARGIN_INCH + _LINE_INCH
    page.text(_MARGIN_INCH, y, heading(results), color=_INK, weight="bold", size=10, va="center")
    y += 1.5 * _LINE_INCH
    for block in shown:
        y = _draw_block(page, block, y, width) + _LINE_INCH
    for line in below:
        page.text(_MARGIN_INCH, y, line, color=_SOFT, size=7.5, va="center")
        y += _LINE_INCH
    return figure


def _draw_block(page: Any, block: Block, y: float, width: float) -> float:
    """Draw a block from `y` down; where it ends. A published number is grey, our best one bold."""
    ends = [_MARGIN_INCH + _TITLE_INCH + _WHAT_INCH + (number + 1) * _COLUMN_INCH for number in range(len(block.heads))]
    page.text(_MARGIN_INCH, y, block.heading, color=_INK, weight="bold", size=9, va="center")
    for x, head in zip(ends, block.heads, strict=True):
        page.text(x, y, head, color=_INK, weight="bold", size=9, va="center", ha="right")
    right = max(ends[-1], width - _MARGIN_INCH) if len(ends) > 3 else ends[-1]
    page.plot([_MARGIN_INCH, right], [y + _LINE_INCH / 2] * 2, color=_INK, linewidth=0.8)
    rows = 0
    for line in block.lines:
        y += _LINE_INCH
        rows += bool(line.title)
        if rows % 2:
            page.fill_between(
                [_MARGIN_INCH, right], y - _LINE_INCH / 2, y + _LINE_INCH / 2, color=_WASH, linewidth=0, zorder=0
            )
        style: dict[str, Any] = {"size": 8.5, "va": "center", "color": _SOFT if line.what == "paper" else _INK}
        page.text(_MARGIN_INCH, y, line.title, **(style | {"color": _INK}))
        page.text(_MARGIN_INCH + _TITLE_INCH, y, line.what, **(style | {"color": _SOFT}))
        for x, text in zip(ends, line.texts, strict=True):
            page.text(x, y, text, ha="right", weight="bold" if line.what == "best" else "normal", **style)
    page.plot([_MARGIN_INCH, right], [y + _LINE_INCH / 2] * 2, color=_LINE, linewidth=0.8)
    return y + _LINE_INCH / 2


def _curves(results: Results) -> Any:
    """A panel a column, a line a row: the mean over the runs, shaded from the lowest to the highest."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    count = len(results.columns)
    below = _wrapped(results, max(7.0, 4.2 * count))
    low = len(below) * _LINE_INCH + 2 * _MARGIN_INCH
    height = 3.6 + low
    figure = Figure(figsize=(max(7.0, 4.2 * count), height), facecolor="white")
    panels = figure.subplots(1, count, squeeze=False, sharey=False)[0]
    figure.subplots_adjust(left=0.09, right=0.98, top=1 - 0.75 / height, bottom=(low + 0.45) / height, wspace=0.22)
    figure.text(0.02, 1 - 0.3 / height, heading(results), color=_INK, weight="bold", size=10, va="center")
    for number, (panel, column) in enumerate(zip(panels, results.columns, strict=True)):
        for place, cells in enumerate(results.cells):
            curve, line = cells[number].curve, run_line(place)
            if curve is not None:
                hue, dash = _HUES[line.hue], (0, [float(part) for part in line.dash.split()]) if line.dash else "-"
                label = cells[number].row.title
                panel.plot(curve.epoch, curve.mean, label=label, linewidth=1.6, color=hue, linestyle=dash)
                panel.fill_between(curve.epoch, curve.low, curve.high, color=hue, alpha=0.15, linewidth=0)
        panel.set_title(column.cell, size=9)
        panel.set_xlabel("epoch", size=8)
        panel.set_ylabel(METRICS[results.table.metric_of(column)].word, size=8)
        panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panel.tick_params(labelsize=8)
        panel.grid(color=_LINE, linewidth=0.6)
        if panel.get_legend_handles_labels()[0]:
            panel.legend(fontsize=8, loc="lower right")
    for place, text in enumerate(below):
        y = 1 - (height - low + _MARGIN_INCH + place * _LINE_INCH) / height
        figure.text(0.02, y, text, color=_SOFT, size=7.5, va="center")
    return figure


def _wrapped(results: Results, width: float) -> list[str]:
    """The caption in lines that fit `width` inches."""
    return [part for line in caption(results) for part in textwrap.wrap(line, round(width * 15.5))]
