"""`demo` of either tool: progress and a table of its trainings."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.table import Table

from l2b_cli.shared.progress import training_progress
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines
from l2b_run.folder.summary import RunSummary
from l2b_run.training.epoch_row import Progress
from pipelines.demo.steps import Demo, run_demo

Columns = Mapping[str, Callable[[Any], str]]
"""Heading -> text of a summary."""


def demo_of(demo: Demo, out: Path, *, seed: int, columns: Columns, as_json: bool) -> None:
    """Run a demo in the folder `out` and print a row a method."""

    def progress_of(method: str, epochs: int) -> AbstractContextManager[Progress]:
        return training_progress(epochs, title=method, score=demo.planner.score, quiet=as_json)

    told = set[str]()
    with stderr_lines("data", quiet=True) as say:

        def say_once(line: str) -> None:
            if line not in told:  # every method is trained on the same labels
                say(line)
            told.add(line)

        summaries = run_demo(demo, out, seed=seed, say=say_once, progress_of=progress_of)
    table = demo_table(summaries, columns, title=demo.data)
    print_result(summaries, (table, f"Report: {out / 'report.html'}"), as_json=as_json)


def demo_table(summaries: list[RunSummary], columns: Columns, *, title: str) -> Table:
    """A row a method: its name, the columns and the seconds of training."""
    table = Table("method", title=title, title_justify="left")
    for name in (*columns, "seconds"):
        table.add_column(name, justify="right")
    for summary in summaries:
        texts = [text(summary) for text in columns.values()]
        table.add_row(summary.method, *texts, f"{summary.train_seconds:.0f}")
    return table
