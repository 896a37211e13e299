"""Exit codes and messages of the outermost layer, each in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, signal, sys, time, warnings
import typer
from l2b_data.files.atomic import atomic_file
from l2b_data.errors import ConfigError, DataError, L2BError, SomeCasesFailed
from l2b_cli.shared.shell import run_app
from pathlib import Path

app = typer.Typer(pretty_exceptions_enable=False)

@app.command()
def fail(kind: str) -> None:
    print("result")
    if kind == "interrupt":
        raise KeyboardInterrupt
    if kind == "bug":
        raise ZeroDivisionError("by zero")
    if kind == "--debug":
        return
    if kind == "slow":
        time.sleep(20)
    if kind == "engine":
        from l2b import NonFiniteError
        raise NonFiniteError("loss is nan; lower the learning rate")
    if kind == "many":
        for number in range(100_000):
            print(number)
        for number in range(100):
            print(number, file=sys.stderr)
        raise SomeCasesFailed("Case07")
    if kind == "warn":
        warnings.warn("`torch.jit.script` is deprecated. Please switch to `torch.compile`", FutureWarning)
        warnings.warn("`data` is old", FutureWarning)
        return
    if kind != "none":
        errors = {"l2b": L2BError, "config": ConfigError, "data": DataError, "some": SomeCasesFailed}
        raise errors[kind]("Case07_segmentation.mhd: missing; add it or --skip it")

@app.command()
def wait(path: str) -> None:
    with atomic_file(Path(path)) as temporary:
        temporary.write_text("half")
        print("ready", flush=True)
        time.sleep(60)

run_app(app, prog_name="tool")
"""


def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    clean = {name: value for name, value in os.environ.items() if name != "L2B_DEBUG"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background may have it ignored
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
    )


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    with start(*arguments, **environment) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("kind", "code"), [("none", 0), ("l2b", 1), ("bug", 1), ("config", 2), ("data", 3), ("some", 4), ("interrupt", 130)]
)
def test_exit_codes_without_traceback(kind: str, code: int) -> None:
    returned, out, err = run("fail", kind)
    assert returned == code
    assert out == "result\n"
    assert "Traceback" not in err
    if kind in ("l2b", "config", "data", "some"):
        assert err == "error: Case07_segmentation.mhd: missing; add it or --skip it\n"
    elif kind == "bug":
        assert err.startswith("internal error: ZeroDivisionError: by zero\n")
        assert "a bug in tool: please report it; the same command with --debug shows where" in err
    elif kind == "interrupt":
        assert err.strip() == "interrupted"
    else:
        assert err == ""


def test_what_the_engine_refuses_is_configuration() -> None:
    assert run("fail", "engine") == (2, "result\n", "error: loss is nan; lower the learning rate\n")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_leaves_changes_nothing(stream: str) -> None:
    with start("fail", "many") as process:
        getattr(process, stream).close()
        left = process.stderr if stream == "stdout" else process.stdout
        assert left is not None
        text = left.read()
        assert process.wait(60) == 4
    assert text.splitlines()[-1] == ("error: Case07" if stream == "stdout" else "99999")


def test_python_unbuffered_stays_so() -> None:
    with start("fail", "slow", PYTHONUNBUFFERED="1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "result\n"
        assert process.poll() is None
        process.kill()


@pytest.mark.parametrize("arguments", [("--debug", "fail", "data"), ("fail", "data", "--debug")])
def test_debug_anywhere_shows_the_traceback(arguments: tuple[str, ...]) -> None:
    returned, _, err = run(*arguments)
    assert returned == 3
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("error: Case07")


def test_debug_by_environment_variable() -> None:
    returned, _, err = run("fail", "bug", L2B_DEBUG="1")
    assert returned == 1
    assert "Traceback" in err


def test_debug_after_a_double_dash_is_a_value() -> None:
    returned, _, err = run("fail", "--", "--debug")
    assert (returned, err) == (0, "")


def test_what_torch_tells_its_developers_is_not_shown() -> None:
    _, _, err = run("fail", "warn")
    assert "torch" not in err
    assert "`data` is old" in err


def test_usage_error_exits_2() -> None:
    assert run("fail")[0] == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_unwind_and_leave_nothing_half_written(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with start("wait", str(tmp_path / "mask.nii.gz")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == code
    assert os.listdir(tmp_path) == []
