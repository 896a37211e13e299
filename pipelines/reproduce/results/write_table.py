"""Results as files: TABLE.md, TABLE.json and TABLE.png."""

from typing import Any

from l2b_data.files.atomic import write_json, write_text
from l2b_run.folder.record import plain
from pipelines.reproduce.cells.run_table import train_arguments
from pipelines.reproduce.results.collect import Results
from pipelines.reproduce.results.draw_table import draw_table
from pipelines.reproduce.results.text_table import blocks, caption, heading

SUFFIXES = (".md", ".json", ".png")


def write_table(results: Results) -> None:
    """The three files in the folder asked for, named after the table. Raises L2BError where one cannot be written."""
    place = results.asked.out / results.table.name
    write_text(place.with_suffix(".md"), markdown(results))
    write_json(place.with_suffix(".json"), results_json(results))
    draw_table(results, place.with_suffix(".png"))


def markdown(results: Results) -> str:
    """A heading, a table a block, the caption."""
    parts = [f"## {heading(results)}"]
    for block in blocks(results):
        rows = [[block.heading, "", *block.heads], ["---", "---", *["---:"] * len(block.heads)]]
        rows += [[line.title, line.what, *line.texts] for line in block.lines]
        parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    parts.append("\n".join(f"- {line}" for line in caption(results)))
    return "\n\n".join(parts) + "\n"


def results_json(results: Results) -> dict[str, Any]:
    """All there is, plain values. A cell of `runs` [] was not run; numbers are in the table's unit (percent)."""
    table, asked = results.table, results.asked
    return {
        "table": table.name,
        "title": table.title,
        "source": table.source,
        "preset": asked.preset,
        "set": list(asked.overrides),
        "seeds": asked.seeds,
        "cells": [
            {
                "cell": cell.column.cell,
                "data": cell.column.data,
                "noise": cell.column.noise,
                "metric": table.metric_of(cell.column),
                "row": cell.row.key,
                "method": cell.row.method,
                "title": cell.row.title,
                "quoted": cell.row.quoted,
                "paper": plain(cell.paper),
                "best": plain(cell.best),
                "last": plain(cell.last),
                "curve": plain(cell.curve),
                "runs": [run.out.name for run in cell.runs],
            }
            for cells in results.cells
            for cell in cells
        ],
        "commands": {
            run.out.name: train_arguments(run.request) for cells in results.cells for cell in cells for run in cell.runs
        },
        "caption": caption(results),
        "skipped": results.skipped,
        "failed": results.failed,
    }
