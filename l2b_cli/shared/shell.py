"""The outermost layer of a command: run a typer app, turn expected errors into one message and an exit code."""

import io
import os
import signal
import sys
import traceback
import warnings
from types import FrameType
from typing import Any

import typer

from l2b_data.errors import ConfigError, L2BError

INTERNAL = 1
INTERRUPTED = 130
TERMINATED = 143


def run_app(app: typer.Typer, *, prog_name: str) -> None:
    """Run `app` on `sys.argv` and exit with the contract's codes.

    0 done, 1 internal, 2 usage or configuration, 3 data, 4 some cases failed, 130 interrupted (Ctrl-C),
    143 terminated (SIGTERM, after `finally` blocks removed what was half-written). Errors go to stderr as
    `error: ...` without a traceback, unless `--debug` is among the arguments or L2B_DEBUG is set. What the engine
    refuses is a matter of configuration. A reader that stops reading (`| head`) changes neither work nor exit code.
    """
    _let_readers_leave()
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
        engine = sys.modules.get("l2b.errors")  # it, and torch with it, is loaded where it can have raised
        if engine is not None and isinstance(error, engine.EngineError):
            _fail(f"error: {error}", ConfigError.exit_code, debug=debug)
        hint = "" if debug else "; the same command with --debug shows where"
        text = f"internal error: {type(error).__name__}: {error}\na bug in {prog_name}: please report it{hint}"
        _fail(text, INTERNAL, debug=debug)


class _Pipe(io.FileIO):
    """A standard stream; what is written after its reader has left is dropped."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def _let_readers_leave() -> None:
    """Put a `_Pipe` under stdout and stderr, with encoding and buffering as they are."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.flush()
            pipe = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
            by_line = stream.line_buffering or stream.write_through
            setattr(sys, name, io.TextIOWrapper(pipe, stream.encoding, stream.errors, line_buffering=by_line))


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
