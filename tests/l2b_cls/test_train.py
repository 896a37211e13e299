"""The loop: resumed equals uninterrupted, divergence and SIGTERM keep the last epoch, rows are what happened."""

import json
import os
import re
import signal
from typing import get_args

import pytest
import torch

from l2b_cls.config import MethodName
from l2b_cls.methods import METHODS
from l2b_cls.train import train
from l2b_run.errors import DataError, L2BError, Terminated
from tests.l2b_cls.synthetic import feed_for, make_settings, poisoned

NOISY_META = {"mnwnet": {"source": "given"}, "rmnwnet": {"source": "given", "loss": "mae"}}


class Stop(Exception):
    """The power cut of these tests."""


def settings_of(method, **over):
    return make_settings(method, **({"meta": NOISY_META[method]} if method in NOISY_META else {}) | over)


def run(settings, out, *, accuracy=lambda state: 0.5, progress=lambda row: None, resume=False, feed=None):
    rows = []

    def write_row(row, history):
        rows.append(row)
        (out / "rows.json").write_text(json.dumps(history, allow_nan=False))

    out.mkdir(exist_ok=True)
    state = train(
        settings,
        feed or feed_for(settings),
        out,
        evaluate=lambda state: {"accuracy": accuracy(state)},
        detect=lambda state: {"loss": 0.5},
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


def same(a, b):
    return torch.equal(a.nan_to_num(), b.nan_to_num()) if isinstance(a, torch.Tensor) else a == b


def assert_same(a, b):
    assert a.keys() == b.keys()
    assert [name for name in a if not same(a[name], b[name])] == []


@pytest.mark.parametrize("method", ["l2b", "mixup", "rmnwnet", "glc", "finetune"])
def test_resumed_equals_uninterrupted_to_the_bit(tmp_path, method):
    settings = settings_of(
        method,
        epochs=4,
        average_decay=0.9,
        bootstrap={"pseudo_label": "teacher", "judge_decay": 0.5},
        augmentation={"crop_padding": 1, "flip": 0.5, "rotation_deg": 10.0, "mean": [0.3], "std": [0.25]},
        optimizer={"lr": 0.05, "schedule": "cosine", "nesterov": method != "l2b", "clip_norm": 1.0},
    )
    accuracy = lambda state: 0.9 - 0.2 * abs(state.epoch - 2)  # noqa: E731 - best at epoch 2
    run(settings, tmp_path / "whole", accuracy=accuracy)

    def cut(row):
        if (row["epoch"], row.get("step")) == (4, 2) and "seconds" not in row:
            raise Stop

    with pytest.raises(Stop):
        run(settings, tmp_path / "cut", accuracy=accuracy, progress=cut)
    torch.manual_seed(77)
    state, rows = run(settings, tmp_path / "cut", accuracy=accuracy, resume=True)
    assert [row["epoch"] for row in rows] == [3, 4]  # the last finished one again: its row may be missing
    assert [row["epoch"] for row in state.history] == [1, 2, 3, 4]
    for name in ("checkpoint_latest.pt", "checkpoint_best.pt"):
        assert_same(contents(tmp_path / "whole" / name), contents(tmp_path / "cut" / name))
    latest = contents(tmp_path / "whole" / "checkpoint_latest.pt")
    assert contents(tmp_path / "whole" / "checkpoint_best.pt")[".epoch"] == 2
    assert (".weight_net.layers.0.weight" in latest) == (method == "rmnwnet")
    assert isinstance(latest.get(".correction"), torch.Tensor) == (method == "glc")
    assert latest[".sample_log.loss.3"].shape == (96,)


def test_resume_without_a_checkpoint(tmp_path):
    with pytest.raises(DataError, match=r"checkpoint_latest\.pt: no checkpoint there"):
        run(make_settings(), tmp_path / "none", resume=True)


@pytest.mark.parametrize("method", get_args(MethodName))
def test_every_method_trains_and_never_sees_a_clean_label_of_a_training_sample(tmp_path, method):
    assert METHODS.keys() == set(get_args(MethodName))
    settings = settings_of(method, epochs=2)
    run(settings, tmp_path / "clean")
    run(settings, tmp_path / "garbage", feed=feed_for(settings, source=poisoned()))
    found = [contents(tmp_path / name / "checkpoint_latest.pt") for name in ("clean", "garbage")]
    assert_same(*found)


def test_without_clean_samples(tmp_path):
    settings = make_settings("l2b", epochs=4, warm_up=0.5, meta={"source": "online"})
    _, rows = run(settings, tmp_path / "out")
    assert [row["meta_samples"] for row in rows[:2]] == [24, 24]  # whatever the feed has: the warm-up asks nobody
    assert all(12 <= row["meta_samples"] <= 96 for row in rows[2:])


def test_rows_say_what_happened(tmp_path):
    steps = []
    settings = make_settings(
        "l2b",
        epochs=3,
        evaluate_every=2,
        log_weights_every=2,
        optimizer={"lr": 0.1, "schedule": "steps", "milestones": [2]},
    )
    state, rows = run(settings, tmp_path / "out", progress=steps.append)
    assert [row["step"] for row in rows] == [6, 12, 18]
    assert [row["lr"] for row in rows] == pytest.approx([0.1, 0.1, 0.01])
    assert ["test_accuracy" in row for row in rows] == [False, True, True]
    assert ["auc_noise_detection" in row for row in rows] == [False, True, True]
    assert [int(epoch) for epoch in state.sample_log["epoch"]] == [2, 3]
    for row in rows:
        assert row["alpha_share"] + row["beta_share"] == pytest.approx(1)
        assert row["loss"] > 0
        assert row["seconds"] > 0
    assert json.loads((tmp_path / "out" / "rows.json").read_text()) == rows == state.history
    assert sum("seconds" not in row for row in steps) == 18


def test_same_seed_same_network_other_seed_another(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(make_settings("ce", epochs=1, seed=seed), tmp_path / name)
    a, b, c = (contents(tmp_path / name / "checkpoint_latest.pt") for name in "abc")
    assert_same(a, b)
    with pytest.raises(AssertionError):
        assert_same(a, c)


@pytest.mark.parametrize("method", ["ce", "l2b", "joint", "mwnet"])
def test_divergence_names_epoch_step_and_samples(tmp_path, method):
    settings = settings_of(method, optimizer={"lr": 1e30, "clip_norm": None, "schedule": "constant"})
    with pytest.raises(L2BError) as caught:
        run(settings, tmp_path / "out")
    message = str(caught.value)
    step = int(re.search(r"training stopped in epoch 1, step (\d) \(", message).group(1))
    names = feed_for(settings).batch_names(0, step - 1)
    assert f"(samples {', '.join(names[:8])} and 8 more" in message
    assert ("of the 24 meta samples" in message) == (method != "ce")
    assert "No epoch had finished yet." in message
    assert "optimizer.lr (now 1e+30)" in message


def test_sigterm_ends_between_steps_and_the_handler_comes_back(tmp_path):
    came = []
    before = signal.signal(signal.SIGTERM, lambda *a: came.append(1))
    handler = signal.getsignal(signal.SIGTERM)
    try:

        def terminate(row):
            if (row["epoch"], row.get("step")) == (2, 1):
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(Terminated, match=r"epoch 2, before step 2\. The last finished epoch is kept") as caught:
            run(make_settings("ce", epochs=3), tmp_path / "out", progress=terminate)
        assert caught.value.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) is handler
        assert came == []
    finally:
        signal.signal(signal.SIGTERM, before)
    assert contents(tmp_path / "out" / "checkpoint_latest.pt")[".epoch"] == 1
