"""What both training loops promise, asked of either: `run(out, progress=..., resume=...)` trains into a folder."""

import json
import os
import signal

import pytest
import torch

from l2b_data.errors import Terminated


class Stop(Exception):
    """The power cut of these tests."""


def train_with_rows(train, settings, feed, out, **options):
    """The state `train` returns, and the rows it wrote; the last history is rows.json in `out`."""
    rows = []

    def write_row(row, history):
        rows.append(row)
        (out / "rows.json").write_text(json.dumps(history, allow_nan=False))

    out.mkdir(exist_ok=True)
    return train(settings, feed, out, write_row=write_row, **options), rows


def contents(path):
    """A checkpoint's leaves by name, without the seconds its epochs took."""
    found = {}

    def walk(name, value):
        if isinstance(value, dict):
            for key, part in value.items():
                walk(f"{name}.{key}", part)
        elif isinstance(value, list):
            for number, part in enumerate(value):
                walk(f"{name}.{number}", part)
        elif not name.endswith(".seconds"):
            found[name] = value

    walk("", torch.load(path, weights_only=True))
    return found


def assert_same(a, b, *, equal_nan=False):
    """The contents of two checkpoints are the same to the bit; with `equal_nan` NaN equals NaN."""
    assert a.keys() == b.keys()
    assert [name for name in a if not _same(a[name], b[name], equal_nan)] == []


def _same(a, b, equal_nan):
    if not isinstance(a, torch.Tensor):
        return a == b
    if equal_nan and a.is_floating_point() and torch.equal(a.isnan(), b.isnan()):
        return torch.equal(a.nan_to_num(), b.nan_to_num())
    return torch.equal(a, b)


def check_resumed_equals_uninterrupted(run, folder, *, epochs, equal_nan=False):
    """A run of `epochs` cut in the second step of its last one and resumed, against one in one go.

    `run` scores best at epoch 2. Returns the contents of the uninterrupted run's last and best checkpoints.
    """
    run(folder / "whole")

    def cut(row):
        if (row["epoch"], row.get("step")) == (epochs, 2) and "seconds" not in row:
            raise Stop

    with pytest.raises(Stop):
        run(folder / "cut", progress=cut)
    torch.manual_seed(77)
    state, rows = run(folder / "cut", resume=True)
    # the last finished one again: its row may be missing
    assert [row["epoch"] for row in rows] == [epochs - 1, epochs]
    assert [row["epoch"] for row in state.history] == list(range(1, epochs + 1))
    names = ("checkpoint_latest.pt", "checkpoint_best.pt")
    whole = [contents(folder / "whole" / name) for name in names]
    for name, expected in zip(names, whole, strict=True):
        assert_same(expected, contents(folder / "cut" / name), equal_nan=equal_nan)
    latest, best = whole
    assert best[".epoch"] == 2
    return latest, best


def check_seed(run_seed, folder, *, equal_nan=False):
    """`run_seed(out, seed)` gives the same checkpoint for the same seed, and another for another."""
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run_seed(folder / name, seed)
    a, b, c = (contents(folder / name / "checkpoint_latest.pt") for name in "abc")
    assert_same(a, b, equal_nan=equal_nan)
    with pytest.raises(AssertionError):
        assert_same(a, c, equal_nan=equal_nan)


def check_sigterm(run, out):
    """SIGTERM in epoch 2 ends between two steps; epoch 1 is kept, and the handler that was there comes back."""
    came = []
    before = signal.signal(signal.SIGTERM, lambda *a: came.append(1))
    handler = signal.getsignal(signal.SIGTERM)
    try:

        def terminate(row):
            if (row["epoch"], row.get("step")) == (2, 1):
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(Terminated, match=r"epoch 2, before step 2\. The last finished epoch is kept") as caught:
            run(out, progress=terminate)
        assert caught.value.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) is handler
        assert came == []
    finally:
        signal.signal(signal.SIGTERM, before)
    assert contents(out / "checkpoint_latest.pt")[".epoch"] == 1
