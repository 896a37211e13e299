"""The outermost layer of a command: run a typer app, turn expected errors into one message and an exit code."""

import os
import sys

import typer

from l2b_run.errors import L2BError

INTERRUPTED = 130


def run_app(app: typer.Typer, *, prog_name: str) -> None:
    """Run `app` and exit with the contract's codes: 0 done, 2 usage, 3 data, 4 some cases, 130 interrupted.

    An `L2BError` is printed to stderr as `error: ...` without a traceback, unless `--debug` is among the
    arguments or L2B_DEBUG is set.
    """
    debug = "--debug" in sys.argv or bool(os.environ.get("L2B_DEBUG"))
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app(prog_name=prog_name, standalone_mode=True)
    except L2BError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        if debug:
            raise
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
