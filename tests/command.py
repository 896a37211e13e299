"""A command called in this process, as the shell sees it, and one started beside it."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from typer.testing import CliRunner

from l2b_data.errors import L2BError


def call_command(command: Callable[..., None], *arguments: object) -> tuple[int, str, str]:
    """`call_app` of an app that is `command` alone."""
    app = typer.Typer()
    app.command()(command)
    return call_app(app, *arguments)


def call_app(app: typer.Typer, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and message of `app`, by the shell's rule: an L2BError is its exit code."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, L2BError):
        return result.exception.exit_code, result.stdout, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@contextmanager
def started(arguments: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that Ctrl-C reaches even where the tests run in a background that ignores it; never left behind."""
    process = subprocess.Popen(
        arguments, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), text=True, **options
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
