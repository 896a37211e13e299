"""The loop: resumed equals uninterrupted, divergence and SIGTERM keep the last epoch, rows are what happened."""

import json
import os
import re
import signal

import pytest
import torch

from l2b_run.errors import DataError, L2BError, Terminated
from l2b_seg.train import train
from tests.l2b_seg.tiny import make_feed, make_settings


class Stop(Exception):
    """The power cut of these tests."""


def run(settings, data, out, *, dice=lambda state: 0.5, progress=lambda row: None, resume=False):
    rows = []

    def write_row(row, history):
        rows.append(row)
        (out / "rows.json").write_text(json.dumps(history, allow_nan=False))

    out.mkdir(exist_ok=True)
    state = train(
        settings,
        make_feed(data, settings),
        out,
        evaluate=lambda state: {"dice": dice(state)},
        write_row=write_row,
        progress=progress,
        resume=resume,
    )
    return state, rows


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


def assert_same(a, b):
    assert a.keys() == b.keys()
    differing = [n for n in a if not (a[n].equal(b[n]) if isinstance(a[n], torch.Tensor) else a[n] == b[n])]
    assert differing == []


@pytest.mark.parametrize("method", ["l2b", "mixup"])
def test_resumed_equals_uninterrupted_to_the_bit(data, tmp_path, method):
    settings = make_settings(
        method,
        epochs=3,
        average_decay=0.9,
        bootstrap={"pseudo_label": "teacher", "judge_decay": 0.5},
        augmentation={"scale": 0.1},
        optimizer={"lr": 0.1, "schedule": "cosine", "nesterov": True},
    )
    dice = lambda state: 0.9 - 0.2 * abs(state.epoch - 2)  # noqa: E731 - best at epoch 2
    run(settings, data, tmp_path / "whole", dice=dice)

    def cut(row):
        if (row["epoch"], row.get("step")) == (3, 2) and "seconds" not in row:
            raise Stop

    with pytest.raises(Stop):
        run(settings, data, tmp_path / "cut", dice=dice, progress=cut)
    torch.manual_seed(77)
    state, rows = run(settings, data, tmp_path / "cut", dice=dice, resume=True)
    assert [row["epoch"] for row in rows] == [2, 3]  # the last finished one again: its row may be missing
    assert [row["epoch"] for row in state.history] == [1, 2, 3]
    for name in ("checkpoint_latest.pt", "checkpoint_best.pt"):
        assert_same(contents(tmp_path / "whole" / name), contents(tmp_path / "cut" / name))
    assert contents(tmp_path / "whole" / "checkpoint_best.pt")[".epoch"] == 2
    other = contents(tmp_path / "whole" / "checkpoint_latest.pt")
    assert not other[".model.network.conv_0_0.conv_0.conv.weight"].equal(
        contents(tmp_path / "whole" / "checkpoint_best.pt")[".model.network.conv_0_0.conv_0.conv.weight"]
    )


def test_resume_without_a_checkpoint(data, tmp_path):
    with pytest.raises(DataError, match=r"checkpoint_latest\.pt: no checkpoint there"):
        run(make_settings(), data, tmp_path / "none", resume=True)


def test_rows_say_what_happened(data, tmp_path):
    steps = []
    settings = make_settings("l2b", epochs=3, evaluate_every=2, optimizer={"lr": 0.1, "schedule": "inverse"})
    state, rows = run(settings, data, tmp_path / "out", progress=steps.append)
    assert [row["step"] for row in rows] == [4, 8, 12]
    assert [row["lr"] for row in rows] == [pytest.approx(0.1 * 20 / (20 + e)) for e in range(3)]
    assert ["test_dice" in row for row in rows] == [False, True, True]
    for row in rows:
        assert row["alpha_share"] + row["beta_share"] == pytest.approx(1)
        assert row["steps_without_weight"] == 0
        assert row["loss"] > 0
        assert row["seconds"] > 0
    assert json.loads((tmp_path / "out" / "rows.json").read_text()) == rows == state.history
    assert sum("seconds" not in row for row in steps) == 12


def test_same_seed_same_network_other_seed_another(data, tmp_path):
    settings = make_settings("unetpp", epochs=1)
    for name, chosen in (("a", settings), ("b", settings), ("c", make_settings("unetpp", epochs=1, seed=1))):
        run(chosen, data, tmp_path / name)
    a, b, c = (contents(tmp_path / name / "checkpoint_latest.pt") for name in "abc")
    assert_same(a, b)
    with pytest.raises(AssertionError):
        assert_same(a, c)


@pytest.mark.parametrize("method", ["unetpp", "l2b", "meta", "joint"])
def test_divergence_names_epoch_step_and_cases(data, tmp_path, method):
    settings = make_settings(method, optimizer={"lr": 1e30, "clip_norm": None, "schedule": "constant"})
    with pytest.raises(L2BError) as caught:
        run(settings, data, tmp_path / "out")
    message = str(caught.value)
    step = int(re.search(r"training stopped in epoch 1, step ([12]) \(", message).group(1))
    assert "No epoch had finished yet." in message
    assert "optimizer.lr (now 1e+30)" in message
    assert ("clean cases case3, case4" in message) == (method != "unetpp")
    feed = make_feed(data, settings)
    given = ", ".join(feed.cases_of(0, step - 1, 4))
    assert (f"(cases {given}" in message) == (method != "meta")


def test_nan_in_an_image_keeps_the_last_checkpoint(data, tmp_path):
    settings, out = make_settings("l2b", epochs=3), tmp_path / "out"
    feeds = make_feed(data, settings)
    bad = {}

    def poison(row):  # after the first epoch, every given image
        if row["epoch"] == 1 and "seconds" in row:
            bad["latest"] = contents(out / "checkpoint_latest.pt")
            feeds.train.image.fill_(float("nan"))

    out.mkdir()
    with pytest.raises(L2BError, match=r"epoch 2, step 1 \(cases case\d.*The last finished epoch is kept: .*--resume"):
        train(settings, feeds, out, evaluate=lambda state: {"dice": 0.1}, write_row=lambda *a: None, progress=poison)
    assert_same(contents(out / "checkpoint_latest.pt"), bad["latest"])
    assert all(v.isfinite().all() for n, v in bad["latest"].items() if n.startswith(".model"))


def test_sigterm_ends_between_steps_and_the_handler_comes_back(data, tmp_path):
    came = []
    before = signal.signal(signal.SIGTERM, lambda *a: came.append(1))
    handler = signal.getsignal(signal.SIGTERM)
    try:

        def terminate(row):
            if (row["epoch"], row.get("step")) == (2, 1):
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(Terminated, match=r"epoch 2, before step 2\. The last finished epoch is kept") as caught:
            run(make_settings("unetpp", epochs=3), data, tmp_path / "out", progress=terminate)
        assert caught.value.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) is handler
        assert came == []
    finally:
        signal.signal(signal.SIGTERM, before)
    assert contents(tmp_path / "out" / "checkpoint_latest.pt")[".epoch"] == 1
