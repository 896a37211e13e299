"""The loop, of either task: resumed equals uninterrupted, divergence and SIGTERM keep the last epoch, rows tell all."""

import json
import os
import re
import signal

import pytest
import torch

from l2b import BatchError
from l2b_data.errors import ConfigError, DataError, L2BError, Terminated
from l2b_run.training.loop import train
from tests.tasks import CLS, EACH_TASK, SEG
from tests.training import Stop, assert_same, contents


def run(task, settings, out, *, score=lambda state: 0.5, training=None, **options):
    """The state after training, and the rows it went through."""
    rows = []
    progress = options.pop("progress", lambda row: None)
    out.mkdir(exist_ok=True, parents=True)
    state = train(
        training or task.training(settings),
        out,
        score=task.score,
        evaluate=lambda state: {task.score: score(state)},
        progress=lambda row: (rows.append(row), progress(row)),
        **options,
    )
    return state, rows


@pytest.mark.parametrize(
    ("task", "method"),
    [(SEG, "l2b"), (SEG, "mixup"), *((CLS, method) for method in ("l2b", "mixup", "rmnwnet", "glc", "finetune"))],
    ids=lambda part: getattr(part, "name", part),
)
def test_resumed_equals_uninterrupted_to_the_bit(tmp_path, task, method):
    optimizer = {"lr": 0.05, "schedule": "cosine", "nesterov": method != "l2b", "clip_norm": 1.0}
    bootstrap = {"pseudo_label": "teacher", "judge_decay": 0.5}
    settings = task.settings(method, epochs=4, average_decay=0.9, bootstrap=bootstrap, optimizer=optimizer)

    def score(state):
        return 0.9 - 0.2 * abs(state.epoch - 2)  # best at epoch 2

    def cut(row):
        if (row["epoch"], row.get("step")) == (4, 2) and "seconds" not in row:
            raise Stop

    run(task, settings, tmp_path / "whole", score=score)
    with pytest.raises(Stop):
        run(task, settings, tmp_path / "cut", score=score, progress=cut)
    torch.manual_seed(77)
    (tmp_path / "cut" / "metrics.jsonl").unlink()  # a stop may come between a checkpoint and its row
    state, _ = run(task, settings, tmp_path / "cut", score=score, resume=True)
    assert [row.epoch for row in state.history] == [1, 2, 3, 4]
    written = (tmp_path / "cut" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in written] == [row.as_json() for row in state.history]
    found = {}
    for name in ("checkpoint_latest.pt", "checkpoint_best.pt"):
        found[name] = contents(tmp_path / "whole" / name)
        assert_same(found[name], contents(tmp_path / "cut" / name))
    assert found["checkpoint_best.pt"][".epoch"] == 2
    assert (".memory.net.layers.0.weight" in found["checkpoint_latest.pt"]) == (method == "rmnwnet")
    assert isinstance(found["checkpoint_latest.pt"].get(".memory.correction"), torch.Tensor) == (method == "glc")


@EACH_TASK
def test_resume_without_a_checkpoint(tmp_path, task):
    with pytest.raises(DataError, match=r"checkpoint_latest\.pt: no checkpoint there"):
        run(task, task.settings(), tmp_path / "none", resume=True)


@EACH_TASK
def test_rows_say_what_happened(tmp_path, task):
    optimizer = {"lr": 0.1, "schedule": "steps", "milestones": [2]}
    settings = task.settings("l2b", epochs=3, evaluate_every=2, optimizer=optimizer)
    training, watched = task.training(settings), []

    def watch(run, batches, reports):
        watched.append(len(reports))
        return {"seen": len(reports)}

    state, rows = run(task, settings, tmp_path / "out", training=training, watch=watch)
    steps, per_epoch = [row for row in rows if "seconds" not in row], training.batches.steps
    epochs = [row for row in rows if "seconds" in row]
    assert len(steps) == 3 * per_epoch == sum(watched)
    assert [row["step"] for row in epochs] == [per_epoch, 2 * per_epoch, 3 * per_epoch]
    assert [row["lr"] for row in epochs] == pytest.approx([0.1, 0.1, 0.01])
    assert [f"test_{task.score}" in row for row in epochs] == [False, True, True]
    for row in epochs:
        assert row["alpha_share"] + row["beta_share"] == pytest.approx(1)
        assert row["seen"] == per_epoch
        assert row[f"meta_{training.task.records}"] == training.batches.n_meta
        assert row["loss"] > 0
        assert row["seconds"] > 0
    lines = (tmp_path / "out" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == epochs == [row.as_json() for row in state.history]


@EACH_TASK
@pytest.mark.parametrize("weighted", [True, False])
def test_rows_say_which_are_of_a_warm_up(tmp_path, task, weighted):
    settings = task.settings("l2b" if weighted else task.plain, epochs=4, warm_up=0.5)
    state, _ = run(task, settings, tmp_path / "out")
    assert [row.warm_up for row in state.history] == [weighted, weighted, False, False]


@EACH_TASK
def test_same_seed_same_network_other_seed_another(tmp_path, task):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(task, task.settings(task.plain, epochs=1, seed=seed), tmp_path / name)
    a, b, c = (contents(tmp_path / name / "checkpoint_latest.pt") for name in "abc")
    assert_same(a, b)
    with pytest.raises(AssertionError):
        assert_same(a, c)


@EACH_TASK
@pytest.mark.parametrize("method", ["plain", "l2b", "joint", "clean-only"])
def test_divergence_names_epoch_step_and_what_was_read(tmp_path, task, method):
    method = task.plain if method == "plain" else method
    settings = task.settings(method, optimizer={"lr": 1e30, "clip_norm": None, "schedule": "constant"})
    with pytest.raises(L2BError) as caught:
        run(task, settings, tmp_path / "out")
    message, batches = str(caught.value), task.training(settings).batches
    step = int(re.search(r"training stopped in epoch 1, step (\d) \(", message).group(1))
    assert (batches.given_names(0, step - 1) in message) == (method != "clean-only")
    assert (batches.clean_names(settings.meta_batch_size) in message) == (method != task.plain)
    assert "No epoch had finished yet." in message
    assert "optimizer.lr (now 1e+30)" in message
    assert f"`l2b-{task.name} check`" in message


def test_nan_in_an_image_keeps_the_last_checkpoint(tmp_path):
    settings, out = SEG.settings("l2b", epochs=3), tmp_path / "out"
    training, bad = SEG.training(settings), {}
    image = training.batches.train.image

    def poison(row):  # after the first epoch, every given image
        if row["epoch"] == 1 and "seconds" in row:
            bad["latest"], bad["image"] = contents(out / "checkpoint_latest.pt"), image.clone()
            image.fill_(float("nan"))

    with pytest.raises(L2BError, match=r"epoch 2, step 1 \(cases case\d.*The last finished epoch is kept: .*--resume"):
        run(SEG, settings, out, training=training, progress=poison)
    image.copy_(bad["image"])
    assert_same(contents(out / "checkpoint_latest.pt"), bad["latest"])
    assert all(v.isfinite().all() for n, v in bad["latest"].items() if n.startswith(".model"))


@EACH_TASK
def test_what_the_engine_refuses_is_a_matter_of_the_settings(tmp_path, task, monkeypatch):
    def refused(*arguments, **options):
        raise BatchError("losses and targets do not fit")

    monkeypatch.setattr("l2b_run.methods.reweight.train_step", refused)
    with pytest.raises(ConfigError, match="method l2b cannot train this network: losses and targets") as caught:
        run(task, task.settings("l2b"), tmp_path / "out")
    assert caught.value.exit_code == 2


@EACH_TASK
def test_sigterm_ends_between_steps_and_the_handler_comes_back(tmp_path, task):
    """SIGTERM in epoch 2 ends between two steps; epoch 1 is kept, and the handler that was there comes back."""
    came, out = [], tmp_path / "out"
    before = signal.signal(signal.SIGTERM, lambda *a: came.append(1))
    handler = signal.getsignal(signal.SIGTERM)
    try:

        def terminate(row):
            if (row["epoch"], row.get("step")) == (2, 1):
                os.kill(os.getpid(), signal.SIGTERM)

        with pytest.raises(Terminated, match=r"epoch 2, before step 2\. The last finished epoch is kept") as caught:
            run(task, task.settings(task.plain, epochs=3), out, progress=terminate)
        assert caught.value.exit_code == 143
        assert signal.getsignal(signal.SIGTERM) is handler
        assert came == []
    finally:
        signal.signal(signal.SIGTERM, before)
    assert contents(out / "checkpoint_latest.pt")[".epoch"] == 1
