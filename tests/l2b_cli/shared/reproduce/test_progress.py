"""Lines a run, as far as the runs of a table have come."""

import re
from types import SimpleNamespace

import pytest

from l2b_cli.shared.reproduce.progress import table_progress
from pipelines.reproduce.cells.run_table import Event

A, B = (SimpleNamespace(out=SimpleNamespace(name=name)) for name in ("a_s0", "b_s0"))
EVENTS = [
    Event(A, "kept"),
    Event(B, "started"),
    Event(B, "epoch", 3),
    Event(B, "finished", 4, 65.0),
    Event(A, "resumed", 2),
    Event(A, "failed", 2, 9.0, "error: no"),
]


def said(capsys, *, quiet=False):
    with table_progress(3, quiet=quiet) as watch:
        for event in EVENTS:
            watch(event)
    return capsys.readouterr().err


def test_a_line_a_run_without_a_terminal(capsys):
    assert said(capsys).splitlines() == [
        "[1/3] a_s0 is finished already",
        "b_s0 started",
        "[2/3] b_s0 finished: 4 epochs, 1 min 05 s",
        "a_s0 goes on after epoch 2",
        "[3/3] a_s0 failed: error: no",
    ]


def test_failures_alone_where_nobody_wants_the_rest(capsys):
    assert said(capsys, quiet=True) == "[3/3] a_s0 failed: error: no\n"


def test_a_bar_on_a_terminal_and_the_ends_above_it(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = said(capsys)
    assert "[2/3] b_s0 finished: 4 epochs, 1 min 05 s" in text
    assert "[3/3] a_s0 failed: error: no" in text
    assert "is finished already" not in text


@pytest.mark.parametrize(
    ("event", "text"), [(Event(A, "started"), "a_s0 0:"), (Event(A, "resumed", 6), "a_s0 after epoch 6")]
)
def test_the_bar_names_what_runs(capsys, monkeypatch, event, text):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with table_progress(1) as watch:
        watch(event)
    assert text in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
