"""`l2b-seg train` as a user runs it: from raw files to masks of new images; wrong input; signals; a full disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from l2b_cli.seg.train import train as train_command
from l2b_data.images.volume import read_volume
from tests.command import call_command, started
from tests.data_prep.conftest import challenge, gland, write_image  # noqa: F401 - fixture
from tests.l2b_seg.tiny import make_dataset

RECIPE = """
name: tiny
base:
  slices: {size: 32}
  network: {widths: [4, 4, 4, 4, 4]}
  optimizer: {lr: 0.05, schedule: constant}
  bootstrap: {pseudo_label: teacher}
  data: {test_cases: 1}
  average_decay: 0.9
  batch_size: 8
  meta_batch_size: 4
presets:
  cpu: {}
"""
CASES = [0, 1, 2, 5, 14, 29]  # published training cases, and the published meta cases 05, 14, 29


def sets(*overrides):
    return [part for text in overrides for part in ("--set", text)]


def command(*arguments):
    return [sys.executable, "-m", "l2b_cli.seg.main", *map(str, arguments)]


def shell(*arguments, **options):
    """The command as a process of its own."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=300, check=False, **options)


def call(*arguments):
    """Exit code, stdout and message of `train` in this process, by the shell's rule: an L2BError is its exit code."""
    return call_command(train_command, *arguments)


@pytest.fixture
def recipe(tmp_path):
    """A recipe that trains in a second, named by path."""
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    return tmp_path / "tiny.yaml"


@pytest.fixture
def prepared(tmp_path, recipe):
    """A prepared data set whose given masks are there already."""
    return make_dataset(tmp_path / "prepared").root


def on(data, out, *more, method="unetpp", overrides=("epochs=1",)):
    return [
        *(
            data.parent / "tiny.yaml",
            "--data",
            data,
            "--labels",
            "labelsTr_noisy_L2_s0",
            "--method",
            method,
            "--preset",
            "cpu",
        ),
        *("--device", "cpu", "--out", out, *sets(*overrides), *more),
    ]


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_from_raw_files_to_masks_of_the_test_case(challenge, recipe, tmp_path, own_cache):  # noqa: F811
    source, run = challenge(CASES), tmp_path / "run"
    arguments = [recipe, "--data", source, "--noise", "L2", "--method", "l2b", "--preset", "cpu", "--out", run]
    done = shell("train", *arguments, "--device", "cpu", *sets("epochs=2"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "length factor" in done.stderr
    assert "l2b L2: epoch 2/2, loss " in done.stderr
    assert "Dice last 0." in done.stdout
    for name in ("log.txt", "config.yaml", "summary.json", "report.html", "model.safetensors", "metrics.jsonl"):
        assert (run / name).stat().st_size > 0
    assert "epoch 2" in (run / "log.txt").read_text()
    split = json.loads((run / "split.json").read_text())
    assert split["meta"] == ["Case05", "Case14", "Case29"]
    assert len(split["train"]) == 2
    (prepared_set,) = (own_cache / "prepared").iterdir()
    assert split["dataset"] == str(prepared_set)
    (test_case,) = split["evaluation"]

    done = shell("predict", run, prepared_set, tmp_path / "masks", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "masks") == [f"{test_case}.nii.gz"]
    done = shell("evaluate", tmp_path / "masks", prepared_set, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["metric_per_case"][0]
    trained = json.loads((run / "summary.json").read_text())["metric_per_case"][0]
    for key in ("case", "tp", "fp", "fn", "dice"):
        assert found[key] == trained[key], key

    code, text, _ = call(*arguments[:-1], tmp_path / "again", "--dry-run", *sets("epochs=2"))
    assert code == 0
    assert "widths:\n" in text
    assert len(list((own_cache / "prepared").iterdir())) == 1  # found again, not prepared anew
    assert not (tmp_path / "again").exists()


def test_wrong_settings_are_all_named_and_nothing_is_written(prepared, tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\nbase: {widht: 3}\npresets: {cpu: {epochs: 2}}\n")
    code, _, message = call(
        *(recipe, "--data", prepared, "--noise", "L7", "--method", "l3b", "--preset", "cpu", "--device", "tpu"),
        *("--out", tmp_path / "run", "--set", "bach_size=3", "--set", "optimizer.lr=-1"),
    )
    assert code == 2
    for text in ("'L7'", "L1, L2, L3, clean", "'tpu'", "l3b", "widht", "bach_size", "optimizer.lr", "mine.yaml"):
        assert text in message
    assert not (tmp_path / "run").exists()
    code, _, message = call("promise12", "--noise", "L7")
    assert code == 2
    assert "--data is missing" in message
    assert "'L7'" in message


def test_a_dry_run_finds_that_nobody_can_judge(recipe, tmp_path):
    dataset = make_dataset(tmp_path / "prepared")
    splits = dataset.root / "splits.json"
    parts = json.loads(splits.read_text())
    splits.write_text(json.dumps(parts | {"meta": [], "train": parts["train"] + parts["meta"]}))
    dry = ("--data", dataset.root, "--preset", "cpu", "--dry-run")
    code, _, message = call(recipe, *dry, "--method", "l2b", "--noise", "clean")
    assert (code, "no meta case, and method l2b learns from clean masks" in message) == (3, True)
    assert call(recipe, *dry, "--method", "unetpp", "--noise", "clean")[0] == 0


@pytest.mark.parametrize("fault", ["no folder", "empty folder", "no mask", "shapes", "cut raw", "no labels"])
def test_wrong_data(challenge, recipe, tmp_path, own_cache, fault):  # noqa: F811
    if fault == "no labels":
        source = make_dataset(tmp_path / "prepared").root
        arguments, named = ["--labels", "nowhere"], "--labels nowhere: no such folder"
    else:
        source, arguments = challenge(CASES, compressed=False), ["--noise", "L2"]
        if fault == "no folder":
            source, named = tmp_path / "nowhere", "nowhere: no such folder"
        elif fault == "empty folder":
            (source := tmp_path / "empty").mkdir()
            named = "empty holds neither"
        elif fault == "no mask":
            (source / "Case01_segmentation.mhd").unlink()
            named = "Case01: no mask beside"
        elif fault == "shapes":
            write_image(source / "Case02_segmentation.mhd", gland((6, 60, 64)))
            named = "shape 6x64x64 against 6x60x64"
        else:
            raw = source / "Case14.raw"
            raw.write_bytes(raw.read_bytes()[:-100])
            named = "Case14"
    out = tmp_path / "run"
    code, _, message = call(recipe, "--data", source, *arguments, "--device", "cpu", "--preset", "cpu", "--out", out)
    assert code == 3
    assert named in message
    assert not out.exists()
    assert not list(own_cache.glob("prepared/*"))
    assert not list(own_cache.glob("prepared/.*"))


def test_a_run_is_not_written_over_and_resumes_on_its_own_data(prepared, tmp_path):
    run = tmp_path / "run"
    assert call(*on(prepared, run))[0] == 0
    before = {name: (run / name).read_bytes() for name in ("summary.json", "checkpoint_latest.pt")}
    code, _, message = call(*on(prepared, run))
    assert code == 2
    assert f"{run} already holds a run" in message
    code, _, message = call(*on(prepared, run / "summary.json"))
    assert (code, "is a file; name a folder" in message) == (2, True)
    assert all((run / name).read_bytes() == content for name, content in before.items())
    summary = json.loads(before["summary.json"])
    assert summary["noise"] == {"labels": "labelsTr_noisy_L2_s0"}

    # --noise has a default: a resumed run must not take it for its own
    code, text, _ = call("promise12", "--resume", run, "--json", "--device", "cpu")
    assert code == 0
    assert json.loads(text)["noise"] == summary["noise"]
    assert json.loads(text)["mean"] == summary["mean"]
    moved = tmp_path / "moved"
    prepared.rename(moved)
    assert call("promise12", "--resume", run)[0] == 3
    assert call("promise12", "--resume", run, "--data", moved, "--device", "cpu", "--dry-run")[0] == 0
    split = json.loads((moved / "splits.json").read_text())
    split["test"], split["meta"] = ["case4"], ["case3"]
    (moved / "splits.json").write_text(json.dumps(split))
    code, _, message = call("promise12", "--resume", run, "--data", moved, "--device", "cpu")
    assert code == 2
    assert "other cases" in message


def test_resume_of_nothing(tmp_path):
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "config.yaml").write_text("{}")
    for run, named in (("none", "config.yaml, split.json"), ("half", "split.json, checkpoint_latest.pt missing")):
        code, _, message = call("promise12", "--resume", tmp_path / run)
        assert code == 3
        assert named in message
    assert files(tmp_path / "half") == ["config.yaml"]


def test_divergence_is_one_message(prepared, tmp_path):
    code, _, message = call(*on(prepared, tmp_path / "run", overrides=("epochs=1", "optimizer.lr=1.0e+35")))
    assert code == 1
    assert "epoch 1, step 2" in message
    assert "training stopped" in (tmp_path / "run" / "log.txt").read_text()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_training_and_the_run_can_go_on(prepared, tmp_path, number, code):
    run = tmp_path / "run"
    with (
        open(tmp_path / "err", "w+") as err,
        started(
            command("train", *on(prepared, run, overrides=("epochs=100000",))), stdout=subprocess.DEVNULL, stderr=err
        ) as process,
    ):
        until = time.monotonic() + 240
        while not (run / "metrics.jsonl").exists():  # written after the first checkpoint
            assert process.poll() is None, (tmp_path / "err").read_text()
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(120) == code
    text = (tmp_path / "err").read_text()
    assert "Traceback" not in text
    assert f"--resume {run}" in text
    assert not [name for name in files(run) if ".tmp." in name]
    epochs = [json.loads(line)["epoch"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert epochs == list(range(1, len(epochs) + 1))
    config = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(config.replace("epochs: 100000", f"epochs: {len(epochs) + 2}"))
    assert call("promise12", "--resume", run, "--device", "cpu")[0] == 0
    assert len((run / "metrics.jsonl").read_text().splitlines()) == len(epochs) + 2


def small_disk(folder, kilobytes):
    """A command prefix under which `folder` is a disk of its own of that size; skips where that is not allowed."""
    mount = f"mount -t tmpfs -o size={kilobytes}k tmpfs '{folder}' && exec \"$@\""
    prefix = ["unshare", "-Urm", "sh", "-c", mount, "sh"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace with a mount of its own here")
    return prefix


@pytest.mark.parametrize("full", ["run", "cache"])
def test_full_disk_is_one_message(prepared, tmp_path, full):
    """The run folder's disk takes config.yaml but no checkpoint, the cache's not a single array."""
    disk = tmp_path / full
    disk.mkdir()
    listing = f"; code=$?; find '{disk}' -type f > '{tmp_path}/left'; exit $code"
    inner = " ".join(f"'{part}'" for part in command("train", *on(prepared, tmp_path / "run" / "r"))) + listing
    done = subprocess.run(
        [*small_disk(disk, 40 if full == "run" else 4), "sh", "-c", inner],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "L2B_CACHE": str(tmp_path / "cache")},
    )
    assert done.returncode == 1, done.stderr
    assert "no space left on the disk while writing" in done.stderr
    assert done.stderr.count("error") == 1
    assert "Traceback" not in done.stderr
    left = [line.rsplit("/", 1)[1] for line in (tmp_path / "left").read_text().splitlines()]
    assert not [name for name in left if ".tmp." in name or name.endswith((".pt", ".safetensors"))]
    assert np.isfinite(read_volume(prepared / "imagesTr" / "case0_0000.nii.gz").array).all()


def test_a_network_that_predicts_nothing_ends_with_exit_code_4(prepared, tmp_path):
    dead = ("epochs=2", "steps_per_epoch=16", "optimizer.lr=1.0e-9", "network.prior=[0.999, 0.001]")
    code, text, message = call(*on(prepared, tmp_path / "run", overrides=dead))
    assert code == 4
    assert "The network predicts nothing, or one class" in text
    assert "predicts nothing, or one class" in message
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["one_class"] is True
    assert summary["warnings"][0].startswith("never predicted: prostate.")


def test_a_prior_of_other_classes_is_refused(prepared, tmp_path):
    code, _, message = call(*on(prepared, tmp_path / "run", overrides=("network.prior=[0.5, 0.3, 0.2]",)))
    assert (code, "network.prior [0.5, 0.3, 0.2]" in message, "background, prostate" in message) == (2, True, True)


def test_a_dry_run_on_own_data_says_what_follows_from_it_and_why(prepared, tmp_path):
    own = ("folder", "--data", prepared, "--method", "unetpp", "--preset", "cpu", "--device", "cpu", "--dry-run")
    code, text, message = call(*own, "--out", tmp_path / "run", *sets("batch_size=4"))
    assert code == 0
    settings = yaml.safe_load(text)
    assert settings["batch_size"] == 4
    for key in ("slices.crop", "slices.size", "steps_per_epoch", "foreground_share", "network.prior"):
        assert settings["derived"][key]
        assert f"derived {key} " in message
    assert "batch_size" not in settings["derived"]
