"""A command called in this process, as the shell sees it."""

from collections.abc import Callable

import typer
from typer.testing import CliRunner

from l2b_run.errors import L2BError


def call_command(command: Callable[..., None], *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and message of `command`, by the shell's rule: an L2BError is its exit code."""
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, L2BError):
        return result.exception.exit_code, result.stdout, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
