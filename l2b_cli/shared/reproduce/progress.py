"""How far a table is, on stderr: a bar over its runs on a terminal, a line a run elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from l2b_cli.shared.reproduce.time_text import time_text
from pipelines.reproduce.cells.run_table import Event, Watch

_ENDS = ("kept", "finished", "failed")


@contextmanager
def table_progress(total: int, *, quiet: bool = False) -> Iterator[Watch]:
    """Yield a function that takes what becomes of `total` runs. `quiet` drops all but failures."""
    ended = list[str]()

    def line_of(event: Event) -> str | None:
        if event.kind in _ENDS:
            ended.append(event.run.out.name)
        if event.kind == "epoch" or (quiet and event.kind != "failed"):
            return None
        text = {
            "kept": "is finished already",
            "resumed": f"goes on after epoch {event.epoch}",
            "finished": f"finished: {event.epoch} epochs, {time_text(event.seconds)}",
            "failed": f"failed: {event.text}",
        }
        done = f"[{len(ended)}/{total}] " if event.kind in _ENDS else ""
        return f"{done}{event.run.out.name} {text.get(event.kind, event.kind)}"

    if quiet or not sys.stderr.isatty():

        def say(event: Event) -> None:
            if (line := line_of(event)) is not None:
                print(line, file=sys.stderr, flush=True)

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs, {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, now = bar.add_task("", total=total), dict[str, int]()

        def move(event: Event) -> None:
            line, name = line_of(event), event.run.out.name
            if event.kind in ("finished", "failed"):
                bar.console.print(line, markup=False, highlight=False)
            if event.kind in _ENDS:
                now.pop(name, None)
            else:
                now[name] = event.epoch
            running = ", ".join(f"{one} after epoch {epoch}" if epoch else one for one, epoch in now.items())
            bar.update(task, completed=len(ended), description=running)

        yield move
