"""The loop: resumed equals uninterrupted, divergence and SIGTERM keep the last epoch, rows are what happened."""

import json
import re
from functools import partial

import pytest
from l2b_seg.training import train

from l2b_data.errors import DataError, L2BError
from tests import training
from tests.l2b_seg.tiny import make_feed, make_settings
from tests.training import assert_same, contents


def run(settings, data, out, *, dice=lambda state: 0.5, progress=lambda row: None, resume=False):
    return training.train_with_rows(
        train,
        settings,
        make_feed(data, settings),
        out,
        evaluate=lambda state: {"dice": dice(state)},
        progress=progress,
        resume=resume,
    )


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
    latest, best = training.check_resumed_equals_uninterrupted(
        partial(run, settings, data, dice=dice), tmp_path, epochs=3
    )
    weight = ".model.network.conv_0_0.conv_0.conv.weight"
    assert not latest[weight].equal(best[weight])


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
    training.check_seed(lambda out, seed: run(make_settings("unetpp", epochs=1, seed=seed), data, out), tmp_path)


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
    training.check_sigterm(partial(run, make_settings("unetpp", epochs=3), data), tmp_path / "out")
