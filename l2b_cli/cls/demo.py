"""`l2b-cls demo`: what the method does, in minutes, without data or network."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table


def demo(
    out: Annotated[Path, typer.Option(help="Folder for data, runs and report; must be new.")] = Path("l2b-cls-demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of noise and training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Take scikit-learn's digits, make 40 % of the labels random, train plainly, jointly and by L2B, compare."""
    import json

    from rich.console import Console

    from l2b_cli.shared.progress import training_progress
    from l2b_cli.shared.say import stderr_lines
    from pipelines.demo.classification import NOISE, run_cls_demo

    def progress_of(method: str, epochs: int) -> Any:
        if as_json:
            return nullcontext(lambda row: None)
        return training_progress(epochs, title=method, score=("test_accuracy", "accuracy"))

    told: list[str] = []
    with stderr_lines("data", quiet=True) as say:

        def say_once(line: str) -> None:
            if line not in told:  # every method is trained on the same labels
                told.append(line)
                say(line)

        summaries = run_cls_demo(out, seed=seed, say=say_once, progress_of=progress_of)
    if as_json:
        typer.echo(json.dumps(summaries, indent=1, allow_nan=False))
        return
    Console().print(demo_table(summaries, title=f"digits, training labels {NOISE}"))
    typer.echo(f"Report: {out / 'report.html'}")


def demo_table(summaries: list[dict[str, Any]], *, title: str) -> "Table":
    """A row a method: accuracy of the last epoch, of the best, mean of the last 10, balanced accuracy, seconds."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("method")
    for name in ("accuracy last", "best", "mean of last 10", "balanced last", "seconds"):
        table.add_column(name, justify="right")
    for summary in summaries:
        test = summary["test"]
        table.add_row(
            summary["method"],
            f"{test['last']['accuracy']:.4f}",
            f"{test['best']['accuracy']:.4f}",
            f"{test['mean_last_10']:.4f}",
            f"{test['last']['balanced_accuracy']:.4f}",
            f"{summary['train_seconds']:.0f}",
        )
    return table
