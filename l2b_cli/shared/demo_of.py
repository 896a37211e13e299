"""`demo` of either tool: progress and a table of its trainings."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from rich.table import Table
from typer import Option

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.progress import training_progress
from l2b_cli.shared.result import print_result
from l2b_cli.shared.say import stderr_lines

if TYPE_CHECKING:
    from l2b_run.folder.summary import RunSummary
    from l2b_run.training.epoch_row import Progress
    from pipelines.demo.steps import Demo

Columns = Mapping[str, Callable[[Any], str]]
"""Heading -> text of a summary."""


def demo_of(task: str, columns: Columns, *, about: str, folder: str, seeds: str) -> Callable[..., None]:
    """The command that runs DEMO of the module `task`; about, seeds: help texts; folder: the default of --out."""

    def demo(
        out: Annotated[Path, Option(help="Folder for data, runs and report; must be new.")] = Path(folder),
        seed: Annotated[int, Option(min=0, help=seeds)] = 0,
        as_json: AsJson = False,
    ) -> None:
        _show(import_module(task).DEMO, columns, out, seed=seed, as_json=as_json)

    demo.__doc__ = about
    return demo


def _show(demo: "Demo", columns: Columns, out: Path, *, seed: int, as_json: bool) -> None:
    """Run a demo in the folder `out` and print a row a method."""
    from pipelines.demo.steps import run_demo

    def progress_of(method: str, epochs: int) -> "AbstractContextManager[Progress]":
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


def demo_table(summaries: "list[RunSummary]", columns: Columns, *, title: str) -> Table:
    """A row a method: its name, the columns and the seconds of training."""
    table = Table("method", title=title, title_justify="left")
    for name in (*columns, "seconds"):
        table.add_column(name, justify="right")
    for summary in summaries:
        texts = [text(summary) for text in columns.values()]
        table.add_row(summary.method, *texts, f"{summary.train_seconds:.0f}")
    return table
