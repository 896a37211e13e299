"""The run folder, and the proof that no clean mask of a training case is ever seen by training."""

import json

import numpy as np
import pytest
from safetensors.torch import load_file

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_run.training import nothing_learnt
from l2b_seg.methods.table import METHODS
from l2b_seg.metrics.summary import Summary
from l2b_seg.prediction.predictor import load_run
from l2b_seg.recipe import read_settings
from l2b_seg.report.run_record import read_run
from l2b_seg.run import run_training
from l2b_seg.run_data import recorded_data
from tests.l2b_seg.tiny import CPU, META, NOISY, TEST, TRAIN, make_data, make_settings
from tests.training import assert_same, contents

FILES = {
    "config.yaml",
    "env.json",
    "split.json",
    "metrics.jsonl",
    "checkpoint_latest.pt",
    "checkpoint_best.pt",
    "model.safetensors",
    "training_weights.npz",
    "summary.json",
    "cases.csv",
    "figures.npz",
    "report.html",
}

KEYS = [
    *("method", "meta_source", "method_text", "noise", "seed", "preset", "last", "best", "mean_last_10"),
    *("n_cases", "n_defined", "n_missed", "n_false_alarm", "n_both_empty", "mean", "penalised_mean"),
    *("foreground_mean", "unit", "tolerance", "metric_per_case", "definitions"),
    *("train_seconds", "total_seconds", "peak_memory_mb"),
]


def poison(data, how):
    """Make the clean masks of the training cases useless: other shapes of gland, or no file."""
    for case in TRAIN:
        path = data.dataset.label_path(case, CLEAN_LABELS)
        if how == "deleted":
            path.unlink()
        else:
            volume = read_volume(path)
            noise = np.random.default_rng(3).random(volume.array.shape) > 0.5
            write_volume(volume.with_array(noise.astype(np.uint8)), path)


@pytest.mark.parametrize("method", METHODS)
def test_clean_masks_of_training_cases_are_never_seen(tmp_path, monkeypatch, method):
    """The same training, to the bit, where those masks are noise, or where they do not exist at all."""
    settings = make_settings(
        method, epochs=2, average_decay=0.9, bootstrap={"pseudo_label": "teacher"}, finetune={"share": 0.5}
    )
    found = {}
    for how in ("whole", "garbage", "deleted"):
        monkeypatch.setenv("L2B_CACHE", str(tmp_path / f"cache {how}"))
        data = make_data(tmp_path / f"data {how}")
        if how != "whole":
            poison(data, how)
        run_training(settings, data, tmp_path / how, device=CPU)
        found[how] = contents(tmp_path / how / "checkpoint_latest.pt")
    assert_same(found["whole"], found["garbage"])
    assert_same(found["whole"], found["deleted"])


def test_the_proof_would_notice(tmp_path, monkeypatch):
    """Trained on the clean masks, the poison does change the network."""
    found = {}
    for how in ("whole", "garbage"):
        monkeypatch.setenv("L2B_CACHE", str(tmp_path / f"cache {how}"))
        data = make_data(tmp_path / f"data {how}", labels=CLEAN_LABELS)
        if how != "whole":
            poison(data, how)
        run_training(make_settings("unetpp", epochs=1), data, tmp_path / how, device=CPU)
        found[how] = contents(tmp_path / how / "checkpoint_latest.pt")
    with pytest.raises(AssertionError):
        assert_same(found["whole"], found["garbage"])


def test_run_folder(data, tmp_path):
    out, rows = tmp_path / "run", []
    settings = make_settings("l2b", epochs=3, average_decay=0.5, evaluate_every=2)
    summary = run_training(settings, data, out, device=CPU, progress=rows.append)
    assert {path.name for path in out.iterdir()} == FILES
    assert Summary.read(out / "summary.json") == summary
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert summary.mean_last_10 == pytest.approx((lines[1]["test_dice"] + lines[2]["test_dice"]) / 2)
    assert summary.last["dice"] == pytest.approx(lines[-1]["test_dice"])
    assert summary.best["dice"] == pytest.approx(max(line.get("test_dice", -1) for line in lines))
    assert summary.noise == {"level": "L2", "seed": 0}
    assert summary.n_cases == 1
    assert [row.case for row in summary.metric_per_case] == TEST
    assert list(summary.to_json()) == KEYS
    record = recorded_data(out)
    assert (record["train"], record["meta"], record["evaluation"], record["labels"]) == (TRAIN, META, TEST, NOISY)
    assert json.loads((out / "env.json").read_text())["device"] == "cpu"
    pictures = read_run(out).pictures
    assert set(pictures) == {"image", "given", "clean", "predicted", "probability", "alpha", "beta"}
    assert pictures["image"].shape == (3, 32, 32)
    assert max(pictures["alpha"].max(), pictures["beta"].max()) == pytest.approx(1)
    assert pictures["given"].sum() > pictures["clean"].sum() > 0
    assert "<svg" in (page := (out / "report.html").read_text(encoding="utf-8")) or "data:image/png" in page
    averaged = contents(out / "checkpoint_latest.pt")
    for name, value in load_file(out / "model.safetensors").items():
        assert value.equal(averaged[f".averaged.{name}"]), name
    predictor = load_run(out)
    slices = pictures["image"]
    found = predictor.predict_slices(slices[:, None])
    np.testing.assert_allclose(found, pictures["probability"][None], atol=1e-5)


def test_evaluation_cases_that_cannot_be_used(data, tmp_path):
    volume = read_volume(data.dataset.label_path("case5"))
    smaller = np.ascontiguousarray(volume.array[:, :40])
    write_volume(type(volume)(smaller, volume.spacing_mm), data.dataset.label_path("case5"))
    with pytest.raises(DataError, match="case5: image has shape 6x48x48, its mask in labelsTr 6x40x48"):
        run_training(make_settings(), data, tmp_path / "run", device=CPU)
    data.evaluation.clear()
    with pytest.raises(DataError, match="no case to evaluate on"):
        run_training(make_settings(), data, tmp_path / "run", device=CPU)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"train": []}'])
def test_damaged_record(tmp_path, text):
    if text is not None:
        (tmp_path / "split.json").write_text(text)
    with pytest.raises(DataError, match=r"split\.json"):
        recorded_data(tmp_path)


DEAD = {"network": {"widths": [4, 4, 4, 4, 4], "prior": [0.999, 0.001]}, "optimizer": {"lr": 1e-9}}


def test_a_dead_network_starts_anew_once_and_is_told_in_summary_rows_and_page(data, tmp_path, monkeypatch):
    monkeypatch.setattr(nothing_learnt, "_STEPS", 4)
    monkeypatch.setattr(nothing_learnt, "_TRIAL", 3)
    out, rows = tmp_path / "run", []
    settings = make_settings("unetpp", restarts=1, **DEAD)
    summary = run_training(settings, data, out, device=CPU, progress=rows.append)
    assert [row["epoch"] for row in rows if "seconds" in row] == [1, 2]
    told, never = summary.warnings
    assert told.startswith("training started anew at learning rate 2.5e-10 instead of 1e-09: after epoch 1 of 2")
    assert never.startswith("never predicted: prostate.")
    assert summary.one_class
    assert Summary.read(out / "summary.json") == summary
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [line["never_predicted"] for line in lines] == [["prostate"]] * 2
    kept = read_settings(out / "config.yaml")
    assert (kept.optimizer.lr, kept.restarts, kept.derived["restart"]) == (2.5e-10, 0, told)
    assert told in (out / "report.html").read_text(encoding="utf-8")
