"""Tables of the papers for a terminal: what there is, what it takes, what came out."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from l2b_cli.shared.reproduce.time_text import time_text
from l2b_cli.shared.result import Part
from l2b_data.files.shorten import counted

if TYPE_CHECKING:
    from pipelines.reproduce.cells.estimate import Estimate
    from pipelines.reproduce.results.collect import Results

_NARROWEST = 60  # characters of a line that results are made for


def list_parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """Of each table what it is, its cells by data set, and the rows that can be run."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        cells = []
        for data in row["data"]:
            rest = [cell.removeprefix(f"{data}:") for cell in row["cells"] if cell.startswith(f"{data}:")]
            cells.append(f"{data}: {', '.join(rest)}")
        runs = [one["row"] for one in row["rows"] if one["runs"]]
        table.add_row(f"[bold]{row['table']}[/bold]", "", f"{row['title']}; [dim]{row['source']}[/dim]")
        table.add_row("", "cells", "\n".join(cells))
        table.add_row("", "rows", ", ".join(runs) or "none can be run here", end_section=True)
        table.add_row()
    yield table
    unknown = list(dict.fromkeys(name for row in rows for name in row["unknown_methods"]))
    if unknown:
        yield f"no such method here, so that its published numbers stand alone: {', '.join(unknown)}"
    yield "a cell is named DATA:REST, as in --cells cifar10:0.5; DATA alone names all of its cells"


def estimate_parts(found: "Estimate") -> Iterator[Part]:
    """A row a distinct network and method, and the sum."""
    table = Table(box=None, pad_edge=False)
    for name in ("data", "row"):
        table.add_column(name, overflow="fold")
    for name in ("runs", "step", "epoch", "run", "memory"):
        table.add_column(name, justify="right")
    for cost in found.costs:
        memory = "–" if cost.memory_mb is None else f"{cost.memory_mb:,.0f} MB"
        numbers = (time_text(cost.step_seconds), time_text(cost.epoch_seconds), time_text(cost.run_seconds), memory)
        table.add_row(cost.data, cost.row, str(cost.runs), *numbers)
    if found.costs:
        yield table
    yield from (f"not timed: {cost.data} {cost.row}: {cost.fault}" for cost in found.costs if cost.fault)
    kept = f", {counted(found.kept, 'finished one')} kept" if found.kept else ""
    line = f"{counted(found.runs, 'run')} to do{kept}"
    if found.seconds is not None:
        line += f": about {time_text(found.seconds)}, {found.jobs} at a time"
    if found.memory_mb is not None:
        line += f", {found.memory_mb:,.0f} MB of memory"
    yield line


def results_parts(results: "Results") -> Iterator[Part]:
    """The blocks of the table, its caption and its files."""
    from pipelines.reproduce.results.text_table import WIDTH, blocks, caption, heading
    from pipelines.reproduce.results.write_table import SUFFIXES

    width = max(_NARROWEST, min(Console().width, WIDTH))
    yield textwrap.fill(heading(results), width)
    for block in blocks(results, width):
        table = Table(box=None, pad_edge=False)
        table.add_column(Text(block.heading), overflow="fold")
        table.add_column("", no_wrap=True)
        for head in block.heads:
            table.add_column(Text(head), justify="right", no_wrap=True)
        for line in block.lines:
            style = {"paper": "dim", "best": "bold"}.get(line.what, "")
            table.add_row(Text(line.title), Text(line.what, "dim"), *(Text(text, style) for text in line.texts))
        yield ""
        yield table
    yield ""
    for text in caption(results):
        yield textwrap.fill(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    yield f"In {results.asked.out}: {', '.join(results.table.name + suffix for suffix in SUFFIXES)}"
