"""`l2b-seg export`: ONNX that another program can use, and a folder that `predict` takes."""

import json
import re
import sys

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from l2b_cli.seg.export import export as export_command
from l2b_data.errors import ConfigError, DataError, L2BError
from l2b_data.files.extras import EXTRAS, missing_modules, require_extra
from l2b_data.images.volume import Volume
from l2b_run.export import onnx as onnx_of_all
from l2b_seg.config import Settings
from l2b_seg.export.folder import FILES, export_folder
from l2b_seg.export.metadata import run_metadata
from l2b_seg.export.onnx import export_onnx
from l2b_seg.metrics.case_metrics import case_metrics
from l2b_seg.metrics.summarise import summarise
from l2b_seg.networks.build_network import network_of
from l2b_seg.prediction.predictor import load_run
from tests.command import call_command

MONAI = {"widths": [4, 4, 4, 4, 4]}
SMP = {"architecture": "smp", "encoder": "resnet18", "encoder_depth": 3}
ONE, TWO = ["prostate"], ["central zone", "peripheral zone"]


def make_run(folder, *, classes=ONE, channels=("T2",), network=MONAI, whole=True, seed=0):
    """A run folder with random weights, as training leaves it; `whole`: with its summary, split and environment."""
    about = {"recipe": "promise12", "preset": "cpu", "method": "l2b", "network": network}
    slices = {"size": 32, "crop": 0.8, "intensity": "zscore", "plane": "LPS"}
    task = {"channels": list(channels), "classes": list(classes)}
    settings = Settings.model_validate({**about, "slices": slices, "task": task})
    torch.manual_seed(seed)
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    model = network_of(settings)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with (
        torch.no_grad()
    ):  # statistics as after training, without which a deep network answers nearly the same everywhere
        model.train()(torch.randn(8, len(channels), 32, 32))
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    if whole:
        square = np.zeros((2, 8, 8), bool)
        square[:, 2:5, 2:5] = True
        cases = {"secret_name": case_metrics(np.roll(square, 1, 1), square, (1, 1, 1))}
        summarise(cases, unit="voxel", tolerance=None).write(folder)
        split = {"dataset": "/home/someone/data/mine", "labels": "labelsTr_noisy_L1_s0", "noise": {"level": "L1"}}
        cases = {"train": ["a", "b"], "meta": ["c"], "evaluation": ["secret_name"]}
        (folder / "split.json").write_text(json.dumps(split | cases))
        (folder / "env.json").write_text(json.dumps({"python": "3.11.9", "versions": {"torch": "2.11.0"}}))
    return folder


def run(*arguments):
    """Exit code, stdout and message of the command, by the shell's rule: an L2BError is its exit code."""
    return call_command(export_command, *arguments)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Two runs, exported through the command: name -> (run folder, ONNX file, what the command printed)."""
    if missing_modules("onnx"):
        pytest.skip("the extra onnx is not installed")
    found = {}
    for name, about in {"monai": {"classes": TWO, "channels": ["R", "G", "B"]}, "smp": {"network": SMP}}.items():
        folder = make_run(tmp_path_factory.mktemp(name) / "run", **about)
        file = folder.parent / "out" / "model.onnx"
        found[name] = (folder, file, run(folder, "--onnx", file))
    return found


@pytest.mark.parametrize("name", ["monai", "smp"])
def test_onnx_gives_the_runs_probabilities(exported, name):
    import onnxruntime

    folder, file, (code, text, _) = exported[name]
    assert code == 0
    assert len(text.splitlines()) == 2, "the exporter's own progress is not on stdout"
    assert re.search(r"onnxruntime against torch: \d\.\de-\d+ on random slices, \d\.\de-\d+ on volume slices", text)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["l2b"])
    assert metadata == run_metadata(folder)
    assert session.get_inputs()[0].shape == metadata["input"]["shape"]
    assert session.get_outputs()[0].shape == metadata["output"]["shape"]
    slices = np.random.default_rng(0).normal(size=(7, *metadata["input"]["shape"][1:])).astype(np.float32)
    (found,) = session.run(["probabilities"], {"slices": slices})
    expected = load_run(folder).predict_slices(slices).swapaxes(0, 1)
    assert found.shape == (7, *metadata["output"]["shape"][1:])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert expected.std((0, 2, 3)).min() > 1e-3, "random weights must not give a constant"


def test_another_program_gets_the_masks_from_the_file_alone(exported):
    """By its description, with onnxruntime and Pillow: what `predict` does, to the resizing's rounding."""
    import onnxruntime

    folder, file, _ = exported["smp"]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    metadata = json.loads(session.get_modelmeta().custom_metadata_map["l2b"])
    steps = {step["step"]: step for step in metadata["input"]["preprocessing"]}
    array = np.random.default_rng(0).normal(100, 30, (3, 60, 80)).astype(np.float32)
    low, high = np.percentile(array, [1, 99], axis=(1, 2), keepdims=True)
    clipped = np.clip(array, low, high)
    slices = (clipped - clipped.mean((1, 2), keepdims=True)) / clipped.std((1, 2), keepdims=True)
    rows, columns = (round(side * (1 - steps["crop"]["share"]) / 2) for side in array.shape[1:])
    inside = slices[:, rows:-rows, columns:-columns]

    def resized(maps, size):
        return np.stack(
            [Image.fromarray(one.astype(np.float32)).resize(size, Image.Resampling.BILINEAR) for one in maps]
        )

    size = steps["resize"]["size"]
    (maps,) = session.run(["probabilities"], {"slices": resized(inside, (size, size))[:, None]})
    native = np.zeros(array.shape, np.float32)
    native[:, rows:-rows, columns:-columns] = resized(maps[:, 0], inside.shape[:0:-1])
    expected = load_run(folder).predict_volume([Volume(array)])[0]
    np.testing.assert_allclose(native, expected, rtol=0, atol=1e-3)
    assert expected.std() > 0.05


def test_onnx_that_differs_is_not_written(exported, tmp_path, monkeypatch):
    other = make_run(tmp_path / "run", network=SMP, seed=1)
    monkeypatch.setattr(onnx_of_all, "_onnx_bytes", lambda *_, **__: exported["smp"][1].read_bytes())
    with pytest.raises(L2BError, match="was not written: its probabilities differ"):
        export_onnx(other, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_exported_folder_predicts_what_the_run_does(tmp_path):
    folder = make_run(tmp_path / "run", classes=TWO, network=SMP)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["network"]["encoder_weights"] = str(
        tmp_path / "gone.pth"
    )  # what the encoder started from, on another machine
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    export_folder(folder, tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == sorted(FILES)
    theirs = load_run(tmp_path / "model").model.state_dict()
    mine = load_file(folder / "model.safetensors")
    assert theirs.keys() == mine.keys()
    assert all(torch.equal(theirs[name], mine[name]) for name in mine)


def test_metadata_says_what_another_program_needs_and_names_nobody(tmp_path):
    folder = make_run(tmp_path / "run", classes=TWO, channels=["T2", "ADC"])
    export_folder(folder, tmp_path / "model")
    text = (tmp_path / "model" / "metadata.json").read_text()
    metadata = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert metadata["channels"] == ["T2", "ADC"]
    assert metadata["classes"] == {"central zone": 1, "peripheral zone": 2}
    assert metadata["output"]["channels"] == ["background", "central zone", "peripheral zone"]
    assert metadata["input"]["shape"] == ["batch", 2, 32, 32]
    steps = {step["step"]: step for step in metadata["input"]["preprocessing"]}
    assert list(steps) == ["orientation", "intensity", "crop", "resize"]
    assert steps["orientation"]["plane"] == load_run(tmp_path / "model").options.plane == "LPS"
    assert (steps["intensity"]["kind"], steps["crop"]["share"], steps["resize"]["size"]) == ("zscore", 0.8, 32)
    data = metadata["training"]["data"]
    assert (data["data_set"], data["labels"], data["n_train"]) == ("mine", "labelsTr_noisy_L1_s0", 2)
    assert metadata["results"]["mean"]["hd"] == 1
    assert metadata["versions"] == {"python": "3.11.9", "torch": "2.11.0"}
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    for part in (
        "# Segmentation of central zone, peripheral zone",
        "| mean | 0.6",
        "zscore",
        "no medical device",
        "noise L1",
    ):
        assert part in card, part
    for secret in ("secret_name", "/home/someone"):
        assert secret not in text + card


def test_metadata_of_a_bare_run(tmp_path):
    metadata = run_metadata(make_run(tmp_path / "run", whole=False))
    assert (metadata["results"], metadata["training"]["data"], metadata["versions"]) == (None, None, None)
    assert metadata["output"]["channels"] == ["prostate"]
    export_folder(tmp_path / "run", tmp_path / "model")
    assert "was not evaluated" in (tmp_path / "model" / "MODEL_CARD.md").read_text()


def test_wrong_arguments(tmp_path):
    folder = make_run(tmp_path / "run")
    assert run(folder)[0] == 2
    assert run(tmp_path / "nowhere", "--folder", tmp_path / "x")[0] == 3
    with pytest.raises(ConfigError, match=r"model\.pt: name a file that ends with \.onnx"):
        export_onnx(folder, tmp_path / "model.pt")
    for taken in (folder, folder / "config.yaml"):
        with pytest.raises(ConfigError, match="is there already"):
            export_folder(folder, taken)
    (folder / "split.json").write_text("{")
    with pytest.raises(DataError, match=r"split\.json cannot be read"):
        export_folder(folder, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_missing_extra_is_named_with_its_command(tmp_path, monkeypatch):
    monkeypatch.setitem(EXTRAS, "onnx", ("onnx_that_is_nowhere", "json"))
    with pytest.raises(ConfigError, match=r"onnx_that_is_nowhere, not installed here: pip install 'l2b\[onnx\]'"):
        require_extra("onnx", "export --onnx")
    folder = make_run(tmp_path / "run")
    code, text, _ = run(folder, "--folder", tmp_path / "model", "--json")
    assert json.loads(text)["folder"]["files"] == list(FILES), "a folder needs no extra"
    code, _, message = run(folder, "--onnx", tmp_path / "m.onnx")
    assert code == 2
    assert "pip install" in message
    assert "onnx_that_is_nowhere" not in sys.modules
