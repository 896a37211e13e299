"""`l2b-seg demo`: what the method does, in minutes, without data or network."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Folder for data, runs and report; must be new.")] = Path("l2b-demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of data, noise and training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Make synthetic prostate MR, spoil its masks, train plainly, jointly and by L2B, compare."""
    import json

    from rich.console import Console

    from l2b_cli.shared.progress import training_progress
    from l2b_cli.shared.say import stderr_lines
    from pipelines.demo.segmentation import NOISE, run_demo

    def progress_of(method: str, epochs: int) -> Any:
        return (
            nullcontext(lambda row: None)
            if as_json
            else training_progress(epochs, title=method, score=("test_dice", "Dice"))
        )

    with stderr_lines("data", quiet=True) as say:
        summaries = run_demo(out, seed=seed, say=say, progress_of=progress_of)
    if as_json:
        typer.echo(json.dumps(summaries, indent=1))
        return
    Console().print(demo_table(summaries, title=f"synthetic prostate MR, training masks corrupted at {NOISE}"))
    typer.echo(f"Report: {out / 'report.html'}")


def demo_table(summaries: list[dict[str, Any]], *, title: str) -> Any:
    """A rich table, one row a method: Dice last and best, HD95, ASSD, seconds."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("method")
    for name in ("Dice last", "Dice best", "HD95", "ASSD", "seconds"):
        table.add_column(name, justify="right")
    for summary in summaries:
        last = summary["last"]
        distances = ["-" if last[name] is None else f"{last[name]:.2f}" for name in ("hd95", "assd")]
        table.add_row(
            summary["method"],
            f"{last['dice']:.4f}",
            f"{summary['best']['dice']:.4f}",
            *distances,
            f"{summary['train_seconds']:.0f}",
        )
    return table
