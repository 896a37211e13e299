"""The loop: resumed equals uninterrupted, divergence and SIGTERM keep the last epoch, rows are what happened."""

import json
import re
from functools import partial
from typing import get_args

import pytest
import torch
from l2b_cls.training import train

from l2b_cls.config import MethodName
from l2b_cls.methods.table import METHODS
from l2b_data.errors import DataError, L2BError
from tests import training
from tests.l2b_cls.synthetic import feed_for, make_settings, poisoned
from tests.training import contents

NOISY_META = {"mnwnet": {"source": "given"}, "rmnwnet": {"source": "given", "loss": "mae"}}


def settings_of(method, **over):
    return make_settings(method, **({"meta": NOISY_META[method]} if method in NOISY_META else {}) | over)


def run(settings, out, *, accuracy=lambda state: 0.5, progress=lambda row: None, resume=False, feed=None):
    return training.train_with_rows(
        train,
        settings,
        feed or feed_for(settings),
        out,
        evaluate=lambda state: {"accuracy": accuracy(state)},
        detect=lambda state: {"loss": 0.5},
        progress=progress,
        resume=resume,
    )


assert_same = partial(
    training.assert_same, equal_nan=True
)  # weights that a method does not give are NaN in the sample log


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
    latest, _ = training.check_resumed_equals_uninterrupted(
        partial(run, settings, accuracy=accuracy), tmp_path, epochs=4, equal_nan=True
    )
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
    training.check_seed(lambda out, seed: run(make_settings("ce", epochs=1, seed=seed), out), tmp_path, equal_nan=True)


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
    training.check_sigterm(partial(run, make_settings("ce", epochs=3)), tmp_path / "out")
