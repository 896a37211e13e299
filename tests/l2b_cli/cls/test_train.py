"""`l2b-cls train`, `evaluate` and `predict` as a user runs them; wrong input; signals."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from PIL import Image

from data_prep.label_sets.class_folder import prepare_class_folder
from data_prep.label_sets.class_split import SplitShares
from l2b_cli.cls.evaluate import evaluate as evaluate_command
from l2b_cli.cls.predict import predict as predict_command
from l2b_cli.cls.train import train as train_command
from l2b_cls.prediction.read_table import read_predictions
from l2b_cls.sample_log.file import read_sample_log
from l2b_data.samples.noisy_labels import read_noisy_labels
from l2b_data.samples.write_image_set import write_image_set
from tests.command import call_command, started
from tests.l2b_cls.synthetic import META, TEST, TRAIN, image_set
from tests.training import assert_same, contents

RECIPE = """
name: squares
kind: classification
noise: symmetric:0.3
base:
  data: {meta_size: 24}
  network: {widths: [4, 6, 8]}
  augmentation: {crop_padding: 1, flip: 0.0}
  optimizer: {lr: 0.1, schedule: cosine}
  batch_size: 16
  meta_batch_size: 12
  epochs: 3
presets:
  cpu: {}
"""
FILES = {
    "config.yaml",
    "env.json",
    "split.json",
    "noisy_labels.csv",
    "metrics.jsonl",
    "checkpoint_latest.pt",
    "checkpoint_best.pt",
    "model.safetensors",
    "predictions.csv",
    "sample_weights.npz",
    "summary.json",
    "report.html",
    "log.txt",
}


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "squares.yaml").write_text(RECIPE)
    return tmp_path / "squares.yaml"


def call(recipe, out, *arguments, data=None):
    """Exit code, stdout and message of `train` on the squares."""
    named = (recipe, "--data", data or image_set().root, "--preset", "cpu", "--device", "cpu", "--out", out)
    return call_command(train_command, *named, *arguments)


def test_from_a_prepared_set_to_probabilities_of_new_images(recipe, tmp_path):
    run = tmp_path / "run"
    code, text, said = call(recipe, run, "--method", "l2b", "--json")
    assert (code, "label noise symmetric:0.3: " in said, "epoch" in said) == (0, True, False)
    summary = json.loads(text)
    assert json.loads((run / "summary.json").read_text()) == summary
    assert {path.name for path in run.iterdir()} == FILES
    assert (summary["n_train"], summary["n_meta"], summary["n_evaluation"]) == (TRAIN, META, TEST)
    assert summary["noise"] == "symmetric:0.3"
    labels = read_noisy_labels(run / "noisy_labels.csv")
    assert summary["effective_noise"] == pytest.approx((labels.clean != labels.given).mean())
    assert (labels.clean == image_set().labels[labels.index]).all()
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    test = summary["test"]
    assert test["last"]["accuracy"] == rows[-1]["test_accuracy"]
    assert test["best"]["accuracy"] == max(row["test_accuracy"] for row in rows)
    assert test["best"]["epoch"] == next(r["epoch"] for r in rows if r["test_accuracy"] == test["best"]["accuracy"])
    assert test["mean_last_10"] == pytest.approx(np.mean([row["test_accuracy"] for row in rows]))
    assert summary["auc_noise_detection"] == rows[-1]["auc_noise_detection"]
    log = read_sample_log(run / "sample_weights.npz")
    assert log.epoch.tolist() == [1, 2, 3]
    assert np.isfinite(log.alpha).all()

    table = read_predictions(run / "predictions.csv")
    assert (table.predicted == table.labels).mean() == pytest.approx(test["last"]["accuracy"])
    code, text, _ = call_command(evaluate_command, run, "--json", "--out", tmp_path / "again")
    again = json.loads(text)
    assert {key: again[key] for key in ("accuracy", "auc", "confusion_matrix")} == {
        key: test["last"][key] for key in ("accuracy", "auc", "confusion_matrix")
    }
    np.testing.assert_array_equal(
        read_predictions(tmp_path / "again" / "predictions.csv").probabilities, table.probabilities
    )
    code, text, _ = call_command(evaluate_command, run, "--split", "train")
    assert code == 0
    assert f"{TRAIN + META} samples (split train)" in text

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for place in (0, 1):
        stored = image_set().images(table.index[place : place + 1])[0, :, :, 0]
        Image.fromarray(stored).convert("RGB").save(pictures / f"{place}.png")
    code, text, said = call_command(predict_command, run, pictures)
    assert (code, said) == (0, "[1/2] 0.png\n[2/2] 1.png\n")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in found] == ["0.png", "1.png"]
    for place, row in enumerate(found):
        assert float(row["p_left"]) == pytest.approx(table.probabilities[place, 0], rel=1e-4)
        assert row["predicted"] == image_set().classes[table.predicted[place]]
    code, text, said = call_command(predict_command, run, image_set().root, "--out", tmp_path / "p.csv")
    assert (code, text) == (0, f"{TEST} images predicted: {tmp_path / 'p.csv'}\n")
    assert said == f"[{TEST}/{TEST}] images\n"
    assert call_command(predict_command, run, pictures, "--json")[2] == ""


def test_other_seeds_and_methods_see_the_same_samples(recipe, tmp_path):
    for name, options in {
        "a": ("--seed", 0, "--method", "ce"),
        "b": ("--seed", 1, "--method", "joint"),
        "c": ("--noise-seed", 1, "--method", "ce"),
    }.items():
        assert call(recipe, tmp_path / name, *options, "--set", "epochs=1")[0] == 0
    a, b, c = (read_noisy_labels(tmp_path / name / "noisy_labels.csv") for name in "abc")
    assert (a.index.tolist(), a.given.tolist()) == (b.index.tolist(), b.given.tolist())
    assert a.index.tolist() != c.index.tolist()


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        (("--noise", "symmetric:1.5"), ["--noise symmetric:1.5: the rate 1.5 is not in [0, 1]"]),
        (("--meta-size", "120"), ["data.meta_size 120", "leaves no"]),
        (
            ("--meta-size", "119"),
            ["data.meta_size 119: 40 samples a class", "leaves 1 of each class to train", "most 117"],
        ),
        (("--meta-size", "300"), ["data.meta_size 300: 100 samples a class, but class 0 has 40"]),
        (("--select", "val"), ["no sample of split val; it has test, train"]),
        (("--no-clean", "--meta-size", "3"), ["--no-clean and --meta-size 3"]),
        (("--no-clean", "--method", "glc"), ["method glc learns from clean labels"]),
        (("--set", "optimizer.nesterov=true", "--set", "optimizer.momentum=0.0"), ["set momentum above 0"]),
        (("--no-clean",), ["set warm_up above 0"]),
        (
            ("--set", "augmentation.mean=[0.4, 0.4, 0.4]", "--set", "augmentation.std=[0.2]"),
            ["augmentation.mean has 3 values, the images have 1 channels"],
        ),
        (("--set", f"network.weights={__file__}"), ["is damaged or holds more than named tensors"]),
        (("--set", "augmentation.mean=[0.4]", "--set", "augmentation.std=[0]"), ["augmentation.std.0", "got 0"]),
        (
            ("--set", "augmentation.fit=crop", "--set", "augmentation.size=13"),
            ["augmentation.size 13 cannot be cut out of images of 12 x 12"],
        ),
        (
            ("--set", "augmentation.padding_mode=reflect", "--set", "augmentation.crop_padding=12"),
            ["augmentation.crop_padding 12: reflects less than 12 pixels"],
        ),
        (
            ("--method", "l3b", "--noise", "symetric:0.4", "--set", "optimizer.lrr=1", "--device", "tpu"),
            ["'l3b'", "there is no noise 'symetric'", "optimizer.lrr", "--device 'tpu'"],
        ),
    ],
)
def test_wrong_input_is_one_message_and_nothing_is_written(recipe, tmp_path, options, texts):
    code, text, said = call(recipe, tmp_path / "run", *options)
    assert code in (2, 3)
    assert text == ""
    for wanted in texts:
        assert wanted in said
    assert not (tmp_path / "run").exists()


def test_no_data(recipe, tmp_path):
    code, _, said = call(recipe, tmp_path / "run", data=tmp_path / "nothing")
    assert code == 3
    assert "no such folder; make a prepared set with `l2b-cls prepare`" in said
    (tmp_path / "raw" / "cat").mkdir(parents=True)
    code, _, said = call(recipe, tmp_path / "run", data=tmp_path / "raw")
    assert code == 3
    assert "raw is no prepared classification set (make one of it with `l2b-cls prepare`):" in said
    code, _, said = call_command(train_command, recipe, "--preset", "cpu")
    assert code == 2
    assert "--data is missing" in said


def test_a_dry_run_prints_the_settings_and_writes_nothing(recipe, tmp_path):
    code, text, _ = call(recipe, tmp_path / "run", "--dry-run")
    assert code == 0
    settings = yaml.safe_load(text)
    assert settings["task"] == {
        "classes": ["left", "middle", "right"],
        "channels": 1,
        "size": [12, 12],
        "colour_as_grey": False,
    }
    pixels = image_set().images(np.arange(TRAIN + META)) / 255
    assert settings["augmentation"]["mean"] == pytest.approx([pixels.mean()], abs=0.01)
    assert settings["augmentation"]["std"] == pytest.approx([pixels.std()], abs=0.01)
    assert not (tmp_path / "run").exists()


def test_a_run_is_not_written_over_and_resumes_on_its_own_samples(recipe, tmp_path):
    run = tmp_path / "run"
    assert call(recipe, run, "--method", "ce")[0] == 0
    code, _, said = call(recipe, run, "--method", "ce")
    assert code == 2
    assert f"already holds a run: name another with --out, or go on with it by --resume {run}" in said
    for below in ("", "/deeper"):
        code, _, said = call(recipe, f"{run / 'summary.json'}{below}", "--method", "ce")
        assert (code, "is a file; name a folder" in said) == (2, True)
    code, _, said = call_command(evaluate_command, run, "--out", run)
    assert (code, "is the folder of a run and has a summary.json of its own" in said) == (2, True)
    before = contents(run / "checkpoint_latest.pt")
    (run / "summary.json").unlink()
    code, _, said = call_command(
        train_command, recipe, "--resume", run, "--device", "cpu", "--seed", 9, "--method", "ce"
    )
    assert code == 0
    assert "warning: --resume keeps the run's own settings; not used: --method, --seed\n" in said
    assert_same(contents(run / "checkpoint_latest.pt"), before)
    assert (run / "summary.json").is_file()
    code, _, said = call_command(train_command, recipe, "--resume", tmp_path / "none")
    assert code == 3
    assert "config.yaml, split.json, noisy_labels.csv, checkpoint_latest.pt missing" in said


def test_files_of_the_user_are_not_written_over(recipe, tmp_path):
    (tmp_path / "config.yaml").write_text("mine: 1")
    (tmp_path / "train.log").touch()
    code, _, said = call(recipe, tmp_path, "--method", "ce")
    assert code == 2
    assert "config.yaml would be lost" in said
    (tmp_path / "config.yaml").unlink()
    assert call(recipe, tmp_path, "--method", "ce", "--set", "epochs=1")[0] == 0


def test_methods_without_clean_samples_take_no_clean_as_said(recipe, tmp_path):
    code, text, _ = call(recipe, tmp_path / "run", "--method", "rmnwnet", "--no-clean", "--dry-run")
    assert code == 0
    assert yaml.safe_load(text)["meta"]["source"] == "given"


def test_a_run_folder_that_was_changed_or_belongs_to_other_data_is_refused(recipe, tmp_path):
    run = tmp_path / "run"
    assert call(recipe, run, "--method", "ce", "--set", "epochs=1")[0] == 0
    original = image_set()
    shifted = write_image_set(
        tmp_path / "other",
        name="other",
        images=original.images(np.arange(len(original))),
        labels=(original.labels + 1) % len(original.classes),
        split=original.split,
        classes=original.classes,
    )
    code, _, said = call_command(train_command, recipe, "--resume", run, "--data", shifted.root)
    assert code == 3
    assert f"{TRAIN} of {TRAIN} labels are not those" in said
    table, split = (run / name for name in ("noisy_labels.csv", "split.json"))
    kept, lines = split.read_text(), table.read_text().splitlines()
    table.write_text("\n".join([lines[0], lines[1].rpartition(",")[0] + ",-1", *lines[2:]]) + "\n")
    code, _, said = call_command(train_command, recipe, "--resume", run)
    assert (code, "trained on another data set" in said) == (3, True)
    split.write_text(json.dumps(json.loads(kept) | {"meta": [10**30]}))
    code, _, said = call_command(evaluate_command, run)
    assert (code, "does not say what the run was trained on" in said) == (3, True)


def test_images_of_ones_own_are_judged_by_those_the_user_vouches_for(recipe, tmp_path):
    pixels, labels = image_set().images(np.arange(len(image_set()))), image_set().labels.copy()
    labels[:TRAIN:4] = (labels[:TRAIN:4] + 1) % 3  # nobody knows that these are wrong
    names = [f"{image_set().classes[label]}/{number}.png" for number, label in enumerate(labels.tolist())]
    for name, picture in zip(names, pixels, strict=True):
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(tmp_path / "own" / name)
    (tmp_path / "sure.txt").write_text("\n".join(names[TRAIN : TRAIN + META]))
    plain, vouched = (
        prepare_class_folder(tmp_path / "own", tmp_path / name, grey=True, meta_list=meta).root
        for name, meta in (("plain", None), ("vouched", tmp_path / "sure.txt"))
    )
    options = ("--noise", "none", "--set", "epochs=2", "--set", "warm_up=0.5")
    run = tmp_path / "run"
    code, _, said = call(recipe, run, *options, data=plain)
    assert code == 2
    assert "method l2b learns from clean samples, and nobody vouches for the labels of" in said
    assert not run.exists()
    code, _, said = call(recipe, run, *options, "--meta-size", META + 1, data=vouched)
    assert (code, f"split meta has {META} samples; ask for no more" in said) == (2, True)

    code, _, said = call(recipe, run, *options, "--set", "meta_batch_size=8", data=vouched)
    assert (code, "how many were wrong before is not known" in said) == (0, True)
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["n_meta"], summary["meta_source"], summary["effective_noise"]) == (META, "clean", None)
    assert set(summary["auc_noise_detection"].values()) == {None}
    assert set(read_noisy_labels(run / "noisy_labels.csv").clean) == {-1}
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<article" in page
    for verdict in ("given label right", "given label wrong", "<dt>clean</dt>", 'data-filter="truth"'):
        assert verdict not in page
    code, _, said = call(recipe, tmp_path / "alone", *options, "--no-clean", data=plain)
    assert (code, json.loads((tmp_path / "alone" / "summary.json").read_text())["n_meta"]) == (0, 0)


def test_runs_are_evaluated_on_their_own_classes_alone(recipe, tmp_path):
    run = tmp_path / "run"
    assert call(recipe, run, "--method", "ce", "--set", "epochs=1")[0] == 0
    write_image_set(
        tmp_path / "other",
        name="other",
        images=np.zeros((4, 20, 16, 3), np.uint8),
        labels=[0, 1, 0, 1],
        split=["test"] * 4,
        classes=["cat", "dog"],
    )
    classes = "3 channels and classes cat, dog; the run has 1 and left, middle, right"
    for expected, message, command, *more in (
        (2, classes, evaluate_command, "--data", tmp_path / "other"),
        (2, "images of 3 channels; the run was trained on 1", predict_command, tmp_path / "other"),
        (3, "no sample in split val", evaluate_command, "--split", "val"),
    ):
        code, _, said = call_command(command, run, *more)
        assert code == expected
        assert message in said


def test_images_that_cannot_be_predicted_are_listed(recipe, tmp_path):
    run, pictures = tmp_path / "run", tmp_path / "pictures"
    assert call(recipe, run, "--method", "ce", "--set", "epochs=1")[0] == 0
    pictures.mkdir()
    Image.fromarray(np.full((30, 20), 99, np.uint8)).save(pictures / "grey.jpg")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8)).save(pictures / "colour.png")
    (pictures / "broken.png").write_bytes(b"no image")
    (pictures / os.fsdecode(b"\xff.jpg")).write_bytes((pictures / "grey.jpg").read_bytes())
    code, text, said = call_command(predict_command, run, pictures)
    assert code == 4
    assert [line.split(",")[0] for line in text.splitlines()] == ["name", "grey.jpg"]
    assert "3 of 4 images were not predicted" in said
    assert r"\xff.jpg: a name that is not UTF-8; rename it" in said
    assert "colour.png: a colour image; the run was trained on grey ones" in said
    assert "broken.png: not a readable image" in said
    assert call_command(predict_command, run, pictures / "broken.png")[0] == 3
    code, _, said = call_command(predict_command, tmp_path / "no run", pictures)
    assert code == 3
    assert "is not a finished run: config.yaml, model.safetensors missing" in said


def test_colour_images_that_prepare_read_as_grey_are_predicted_so(recipe, tmp_path):
    generator = np.random.default_rng(0)
    for name in ("a/0", "a/1", "a/2", "b/0", "b/1", "b/2"):
        path = tmp_path / "own" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (12, 12, 3), np.uint8)).save(path)
    data = prepare_class_folder(tmp_path / "own", tmp_path / "data", grey=True, shares=SplitShares(0.34, 0.0, 0)).root
    run = tmp_path / "run"
    assert call(recipe, run, "--method", "ce", "--set", "epochs=1", "--set", "data.meta_size=2", data=data)[0] == 0
    code, text, _ = call_command(predict_command, run, data, "--split", "all")
    code_of_files, of_files, _ = call_command(predict_command, run, tmp_path / "own")
    assert (code, code_of_files) == (0, 0)
    assert of_files == text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_training_and_the_run_can_go_on(recipe, tmp_path, number, code):
    run = tmp_path / "run"
    arguments = (recipe, "--data", image_set().root, "--preset", "cpu", "--device", "cpu", "--out", run)
    line = [sys.executable, "-m", "l2b_cli.cls.main", "train", *map(str, arguments), "--set", "epochs=10000"]
    with (
        open(tmp_path / "stderr", "w+") as errors,
        started(line, stdout=subprocess.DEVNULL, stderr=errors) as process,
    ):
        until = time.monotonic() + 120
        while not (run / "checkpoint_latest.pt").is_file() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        errors.seek(0)
        said = errors.read()
    assert f"go on with --resume {run}" in said
    assert "Traceback" not in said
    epoch = contents(run / "checkpoint_latest.pt")[".epoch"]
    assert epoch >= 1
    assert not (run / "summary.json").exists()
