"""The outermost layer of a command: run a typer app, turn expected errors into one message and an exit code."""

import os
import signal
import sys
import traceback
import warnings
from types import FrameType

import typer

from l2b_data.errors import L2BError

INTERNAL = 1
INTERRUPTED = 130
TERMINATED = 143


def run_app(app: typer.Typer, *, prog_name: str) -> None:
    """Run `app` on `sys.argv` and exit with the contract's codes.

    0 done, 1 internal, 2 usage or configuration, 3 data, 4 some cases failed, 130 interrupted (Ctrl-C),
    143 terminated (SIGTERM, after `finally` blocks removed what was half-written). Errors go to stderr as
    `error: ...` without a traceback, unless `--debug` is among the arguments or L2B_DEBUG is set.
    """
    debug = _take_debug_flag()
    _exit_on_sigterm()
    warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)  # torch's forward mode, to its developers
    try:
        app(prog_name=prog_name)
    except SystemExit as stop:
        if stop.code == INTERRUPTED:
            _fail("interrupted", INTERRUPTED, debug=debug)
        raise
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED, debug=debug)
    except L2BError as error:
        _fail(f"error: {error}", error.exit_code, debug=debug)
    except Exception as error:
        hint = "" if debug else f"\nthis is a fault of {prog_name} itself: the same command with --debug shows where"
        _fail(f"internal error: {type(error).__name__}: {error}{hint}", INTERNAL, debug=debug)


def _take_debug_flag() -> bool:
    """Remove `--debug` from the arguments (before a `--`), so that every subcommand accepts it anywhere."""
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept = [argument for argument in arguments[:end] if argument != "--debug"]
    found = len(kept) < end
    sys.argv[1:] = kept + arguments[end:]
    return found or bool(os.environ.get("L2B_DEBUG"))


def _exit_on_sigterm() -> None:
    """Make SIGTERM unwind the stack, so that temporary files are removed; `train` sets its own handler.

    Forked workers inherit the handler; in them it falls back to the default action, because a worker that
    runs the parent's clean-up would remove files the parent still writes.
    """
    owner = os.getpid()

    def leave(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        sys.exit(TERMINATED)

    signal.signal(signal.SIGTERM, leave)


def _fail(message: str, code: int, *, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    print(message, file=sys.stderr)
    sys.exit(code)
