"""`--help` of both tools as a user's shell runs it: quick, and without the heavy libraries."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "torchvision", "monai", "numpy", "scipy", "skimage", "SimpleITK", "nibabel", "pydantic", "matplotlib"}
TOOLS = {"l2b-seg": "l2b_cli.seg.main", "l2b-cls": "l2b_cli.cls.main"}
SEG_COMMANDS = (
    *("demo", "doctor", "prepare", "check", "corrupt", "train", "methods", "predict", "export"),
    *("evaluate", "compare", "audit", "report", "weights", "reproduce"),
)
CLS_COMMANDS = (
    *("demo", "doctor", "prepare", "check", "corrupt", "train", "pretrain", "methods", "predict", "export"),
    *("evaluate", "compare", "audit", "report", "reproduce"),
)


def run(tool: str, *arguments: str, interpreter_flags: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "COLUMNS": "120",
    }
    environment.pop("L2B_DEBUG", None)
    return subprocess.run(
        [sys.executable, *interpreter_flags, "-m", TOOLS[tool], *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )


def children_seconds() -> float:
    """Processor time of finished children: on a machine busy with training, wall time would measure its load."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("tool", TOOLS)
def test_help_answers_within_half_a_second(tool: str) -> None:
    seconds = []
    for _ in range(3):
        start = children_seconds()
        result = run(tool, "--help")
        seconds.append(children_seconds() - start)
        assert result.returncode == 0, result.stderr
        assert "Usage:" in result.stdout
    assert 0 < min(seconds) < 0.5, seconds


@pytest.mark.parametrize("tool", TOOLS)
def test_help_imports_no_heavy_library(tool: str) -> None:
    result = run(tool, "--help", interpreter_flags=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in result.stderr.splitlines() if "|" in line}
    assert "typer" in imported, "the probe did not see any import"
    assert not imported & HEAVY


@pytest.mark.parametrize(
    ("tool", "command"), [("l2b-seg", name) for name in SEG_COMMANDS] + [("l2b-cls", name) for name in CLS_COMMANDS]
)
def test_every_command_is_listed_and_explains_itself(tool: str, command: str) -> None:
    listing = run(tool, "--help").stdout
    assert re.search(rf"^\W*{command}\s+\w", listing, flags=re.MULTILINE)
    page = run(tool, command, "--help", interpreter_flags=("-X", "importtime"))
    assert page.returncode == 0
    assert f"Usage: {tool}" in page.stdout
    assert not re.search(r"\| +torch$", page.stderr, flags=re.MULTILINE)


def test_usage_errors_exit_2() -> None:
    assert run("l2b-seg", "no-such-command").returncode == 2
    assert run("l2b-seg", "check", "--no-such-option").returncode == 2


def test_a_missing_folder_is_one_message_without_traceback() -> None:
    result = run("l2b-seg", "check", "no/such/folder")
    assert result.returncode in (2, 3)
    assert "no/such/folder" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("tool", TOOLS)
def test_version(tool: str) -> None:
    result = run(tool, "--version")
    assert result.returncode == 0
    assert re.fullmatch(r"l2b (\d+\.\d+\.\d+\S*|\(not installed\))\n", result.stdout)
