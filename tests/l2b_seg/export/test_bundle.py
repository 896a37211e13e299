"""A MONAI bundle, run by MONAI alone: the masks of `l2b-seg predict`, on any grid, in the user's values."""

import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import SimpleITK as sitk
import torch
import yaml
from monai.bundle import run as run_bundle
from PIL import Image
from safetensors.torch import load_file, save_file

from l2b_cli.seg.export import export as export_command
from l2b_cli.seg.predict import predict as predict_command
from l2b_data.files.extras import package_version
from l2b_seg.export.bundle import FILES
from l2b_seg.prediction.predictor import load_run
from tests.command import call_command
from tests.l2b_seg.saved_run import save_network
from tests.l2b_seg.tiny import make_settings

LYING = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # slices stored sagittal, axes turned round
TILTED = np.array([[-0.936, 0.0, 0.352], [0.0, -1.0, 0.0], [0.352, 0.0, 0.936]])


def make_run(root, task, **slices):
    """A run whose network is drawn, and decides about as often for one class as for another."""
    run = root / "run"
    run.mkdir()
    settings = make_settings("unetpp", task=task, slices={"size": 32, **slices})
    (run / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    save_network(settings, run)
    predictor = load_run(run)
    noise = np.random.default_rng(0).normal(size=(4, predictor.task.channels, 32, 32)).astype(np.float32)
    with torch.no_grad():
        logits = predictor.model(torch.from_numpy(noise)).transpose(0, 1).flatten(1)
    weights = load_file(run / "model.safetensors")
    scale = 5 / logits.std(1)
    weights["network.final_conv_0_4.weight"] *= scale[:, None, None, None]
    bias = weights["network.final_conv_0_4.bias"]
    weights["network.final_conv_0_4.bias"] = (bias - logits.median(1).values) * scale
    save_file(weights, run / "model.safetensors")
    return run


def write(path, *, seed, direction=TILTED):
    array = np.random.default_rng(seed).normal(100, 30, (6, 40, 52)).astype(np.float32)
    array[:, 8:25, 20:40] += 60
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.6, 0.7, 3.0))
    image.SetOrigin((-30.5, 12.25, 7.0))
    image.SetDirection(direction.ravel().tolist())
    path.parent.mkdir(exist_ok=True)
    sitk.WriteImage(image, str(path))


def write_picture(path, *, seed):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (40, 52, 3), dtype=np.uint8)).save(path)


def masks_of_both(root, run):
    """Of each case the mask that MONAI wrote and the one that `predict` did."""
    code, _, said = call_command(export_command, run, "--bundle", root / "bundle")
    assert code == 0, said
    config = str(root / "bundle" / "configs" / "inference.json")
    named = {"bundle_root": root / "bundle", "dataset_dir": root / "images", "output_dir": root / "theirs"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_bundle(config_file=config, logging_file=False, **{key: str(path) for key, path in named.items()})
    assert call_command(predict_command, run, root / "images", root / "ours")[0] == 0
    return {
        path.name: (root / "theirs" / path.name.replace(".", "_mask.", 1), path) for path in (root / "ours").iterdir()
    }


@pytest.mark.parametrize("chosen", [{"intensity": "zscore", "crop": 0.625}, {"intensity": "minmax"}])
@pytest.mark.parametrize("direction", [np.eye(3), LYING, TILTED], ids=["plain", "sagittal", "tilted"])
def test_masks_of_volumes(tmp_path, chosen, direction):
    run = make_run(tmp_path, {"channels": ["T2"], "classes": ["gland"]}, plane="LPS", **chosen)
    for seed in range(2):
        write(tmp_path / "images" / f"Case{seed}_0000.nii.gz", seed=seed, direction=direction)
    found = masks_of_both(tmp_path, run)
    assert sorted(found) == ["Case0.nii.gz", "Case1.nii.gz"]
    for theirs, ours in found.values():
        masks = [sitk.ReadImage(str(path)) for path in (theirs, ours)]
        arrays = [sitk.GetArrayFromImage(mask) for mask in masks]
        assert 0.05 < arrays[1].mean() < 0.95
        np.testing.assert_array_equal(*arrays)
        for get in ("GetSpacing", "GetOrigin", "GetDirection"):
            np.testing.assert_allclose(*(getattr(mask, get)() for mask in masks), atol=1e-5)


def test_several_channels_and_classes_in_the_users_values(tmp_path):
    task = {"channels": ["T2", "ADC"], "classes": ["zone", "lesion"], "values": [0, 300, 7]}
    run = make_run(tmp_path, task, plane="LPS", crop=0.8)
    for channel in range(2):
        write(tmp_path / "images" / f"Case0_{channel:04d}.nii.gz", seed=channel)
    found = masks_of_both(tmp_path, run)
    assert list(found) == ["Case0.nii.gz"]
    theirs, ours = (sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in found["Case0.nii.gz"])
    assert set(np.unique(ours)) == {0, 7, 300}
    np.testing.assert_array_equal(theirs, ours)


def test_colour_pictures(tmp_path):
    run = make_run(tmp_path, {"channels": ["R", "G", "B"], "classes": ["lesion"], "values": [0, 255]})
    write_picture(tmp_path / "images" / "p1.png", seed=1)
    found = masks_of_both(tmp_path, run)
    theirs, ours = (np.asarray(Image.open(path)) for path in found["p1.png"])
    assert set(np.unique(ours)) == {0, 255}
    np.testing.assert_array_equal(theirs, ours)


@pytest.mark.skipif(package_version("fire") is None, reason="MONAI's command needs the package fire")
def test_by_monais_command_without_our_code(tmp_path):
    run = make_run(tmp_path, {"channels": ["T2"], "classes": ["gland"]}, plane="LPS")
    write(tmp_path / "images" / "Case0.nii.gz", seed=0)
    code, text, said = call_command(export_command, run, "--bundle", tmp_path / "bundle")
    assert code == 0, said
    command = text.splitlines()[1].replace("IMAGES", str(tmp_path / "images")).replace("MASKS", str(tmp_path / "out"))
    words = [sys.executable, "-c", "import sys; sys.modules['l2b_seg'] = None; import runpy; sys.argv = sys.argv[1:]; "]
    words[2] += "runpy.run_module('monai.bundle', run_name='__main__')"
    done = subprocess.run(
        [*words, *command.split()[2:]], capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "Case0_mask.nii.gz").is_file()


def test_what_the_folder_holds_and_what_it_is_not_written_over(tmp_path):
    run = make_run(tmp_path, {"channels": ["T2"], "classes": ["gland"]}, plane="LPS")
    assert call_command(export_command, run, "--bundle", tmp_path / "bundle")[0] == 0
    assert sorted(str(path.relative_to(tmp_path / "bundle")) for path in (tmp_path / "bundle").rglob("*.*")) == sorted(
        FILES
    )
    metadata = json.loads((tmp_path / "bundle" / "configs" / "metadata.json").read_text())
    image = metadata["network_data_format"]["inputs"]["image"]
    assert (image["num_channels"], image["channel_def"]) == (1, {"0": "T2"})
    code, _, said = call_command(export_command, run, "--bundle", tmp_path / "bundle")
    assert code == 2
    assert "there already" in said
