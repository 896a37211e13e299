"""`l2b-cls pretrain simclr` as a user runs it, and `train` from what it leaves."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from l2b_cli.cls.pretrain import simclr as pretrain_command
from l2b_cli.cls.train import train as train_command
from l2b_data.samples.write_image_set import write_image_set
from tests.command import call_command
from tests.l2b_cls.synthetic import META, TRAIN, image_set

RECIPE = """
name: squares
kind: classification
noise: symmetric:0.3
base:
  data: {meta_size: 24}
  network: {widths: [4, 6, 8]}
  augmentation: {crop_padding: 1, flip: 0.0}
  batch_size: 16
presets:
  cpu: {}
pretraining:
  cpu: {epochs: 2, batch_size: 32, projection: 6, optimizer: {lr: 0.2}}
"""
FILES = {
    *("config.yaml", "env.json", "metrics.jsonl", "log.txt"),
    *("checkpoint_latest.pt", "encoder.safetensors", "summary.json"),
}


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "squares.yaml").write_text(RECIPE)
    return tmp_path / "squares.yaml"


def call(recipe, *arguments, data=None):
    """Exit code, stdout and message of `pretrain simclr` on the squares."""
    named = (data or image_set().root, "--recipe", recipe, "--preset", "cpu", "--device", "cpu")
    return call_command(pretrain_command, *named, *arguments)


def test_train_starts_from_the_encoder(recipe, tmp_path):
    out = tmp_path / "encoder"
    code, text, said = call(recipe, "--out", out)
    assert code == 0
    assert f"simclr {TRAIN + META} images: epoch 2/2, loss " in said
    weights = f"network.weights={out / 'encoder.safetensors'}"
    assert f"--set network.architecture=small-cnn --set {weights}" in text
    assert {path.name for path in out.iterdir()} == FILES
    assert "epoch 2, step 6, lr 0.1, loss" in (out / "log.txt").read_text()
    encoder = load_file(out / "encoder.safetensors")

    run = tmp_path / "run"
    still = ("--set", weights, "--set", "optimizer.lr=1e-30", "--set", "epochs=1")  # steps too small for a float32
    named = (recipe, "--data", image_set().root, "--preset", "cpu", "--device", "cpu", "--out", run, "--method", "ce")
    assert call_command(train_command, *named, *still)[0] == 0
    network = load_file(run / "model.safetensors")
    learnt = [name for name in encoder if name.endswith((".weight", ".bias"))]
    assert len(learnt) == 6 * 3
    for name in learnt:
        assert torch.equal(network[name], encoder[name]), name
    assert network.keys() - encoder.keys() == {"head.weight", "head.bias"}
    code, _, said = call_command(train_command, *named[:-4], "--set", weights, "--set", "network.widths=[4, 6, 9]")
    assert (code, "does not fit the network" in said) == (2, True)


def test_the_result_as_json(recipe, tmp_path):
    code, text, said = call(recipe, "--out", tmp_path / "out", "--json", "--set", "data.train_samples=40")
    assert (code, said) == (0, "")
    summary = json.loads(text)
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["n_images"], len(summary["loss_by_epoch"]), summary["architecture"]) == (40, 2, "small-cnn")


def test_a_folder_is_not_written_over_and_goes_on(recipe, tmp_path):
    out = tmp_path / "out"
    assert call(recipe, "--out", out)[0] == 0
    code, _, said = call(recipe, "--out", out)
    assert code == 2
    assert f"already holds a run: name another with --out, or go on with it by --resume {out}" in said
    before = (out / "encoder.safetensors").read_bytes()
    (out / "encoder.safetensors").unlink()
    code, _, said = call(recipe, "--resume", out, "--seed", 9)
    assert (code, "not used: --preset, --seed" in said) == (0, True)
    assert (out / "encoder.safetensors").read_bytes() == before
    other = image_set()
    shifted = write_image_set(
        tmp_path / "other",
        name="other",
        images=other.images(np.arange(len(other))),
        labels=other.labels,
        split=other.split,
        classes=["a", "b", "c"],
    )
    code, _, said = call(recipe, "--resume", out, data=shifted.root)
    assert (code, f"{shifted.root} is not the data set of {out / 'config.yaml'}" in said) == (2, True)
    code, _, said = call(recipe, "--resume", tmp_path / "none")
    assert (code, "config.yaml, checkpoint_latest.pt missing" in said) == (3, True)


@pytest.mark.parametrize(
    ("options", "texts", "expected"),
    [
        (("--recipe", "cifar11"), ["unknown recipe 'cifar11'"], 2),
        (("--recipe", "isic2019"), ["has no pretraining values for preset 'cpu'"], 2),
        (("--set", "epoch=3", "--device", "tpu"), ["epoch: no such key, did you mean epochs?", "--device 'tpu'"], 2),
        (("--set", "augmentation.mean=[0.1, 0.2]", "--set", "augmentation.std=[1, 1]"), ["has 2 values"], 2),
        (("--set", "network.weights=gone.pth"), ["network.weights gone.pth does not exist"], 2),
    ],
)
def test_wrong_input_is_one_message_and_nothing_is_written(recipe, tmp_path, options, texts, expected):
    code, text, said = call(recipe, "--out", tmp_path / "out", *options)
    assert (code, text) == (expected, "")
    for wanted in texts:
        assert wanted in said
    assert not (tmp_path / "out").exists()


def test_no_data(recipe, tmp_path):
    code, _, said = call(recipe, "--out", tmp_path / "out", data=tmp_path / "nothing")
    assert (code, "no such folder; make a prepared set with `l2b-cls prepare`" in said) == (3, True)
    assert not (tmp_path / "out").exists()


def test_a_dry_run_prints_the_settings_and_writes_nothing(recipe, tmp_path):
    code, text, _ = call(recipe, "--out", tmp_path / "out", "--dry-run", "--noise-seed", 5)
    assert code == 0
    assert "noise_seed: 5" in text
    assert not (tmp_path / "out").exists()
