"""Progress of a training run on stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def training_progress(
    epochs: int, *, title: str, score: tuple[str, str], quiet: bool = False
) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield a function for step and epoch rows: a bar with loss, score and time left, or a line an epoch.

    score: its key in an epoch's row and the word for it, such as ("test_dice", "Dice").
    """
    if quiet:
        yield lambda row: None
        return
    if not sys.stderr.isatty():

        def say(row: dict[str, Any]) -> None:
            if "seconds" in row:
                print(f"{title}: {_epoch_text(row, epochs, score)}", file=sys.stderr, flush=True)

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=epochs, text="")

        def move(row: dict[str, Any]) -> None:
            if "seconds" in row:
                bar.update(task, completed=row["epoch"], text=_epoch_text(row, epochs, score))
            else:
                bar.update(task, completed=row["epoch"] - 1 + row["step"] / row["steps"])

        yield move


@contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Where Ctrl-C ends the block, say how to go on with the run in `out`, if it finished an epoch."""
    try:
        yield
    except KeyboardInterrupt:
        if (out / "checkpoint_latest.pt").is_file():
            print(f"the last finished epoch is kept: go on with --resume {out}", file=sys.stderr)
        raise


def _epoch_text(row: dict[str, Any], epochs: int, score: tuple[str, str]) -> str:
    key, word = score
    shown = f", {word} {row[key]:.3f}" if key in row else ""
    return f"epoch {row['epoch']}/{epochs}, loss {row['loss']:.4f}{shown}, {row['seconds']:.1f} s"
