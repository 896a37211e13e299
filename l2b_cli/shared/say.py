"""Progress for the user on stderr: a bar on a terminal, plain lines elsewhere."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")


@contextmanager
def stderr_lines(title: str, *, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Yield a function that takes lines; a line "[3/36] Case04" is a step and moves the bar where there is one.

    `quiet` drops the steps and leaves the other lines.
    """
    if not sys.stderr.isatty():

        def say(line: str) -> None:
            if not (quiet and _STEP.match(line)):
                print(line, file=sys.stderr, flush=True)

        yield say
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None, visible=not quiet)

        def move(line: str) -> None:
            step = _STEP.match(line)
            if step is None:
                progress.console.print(line, markup=False, highlight=False)
            else:
                done, total, text = step.groups()
                progress.update(task, completed=int(done), total=int(total), description=f"{title} {escape(text)}")

        yield move
