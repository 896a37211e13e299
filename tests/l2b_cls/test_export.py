"""A run as ONNX: another program gets its probabilities from the file alone."""

import json

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from l2b_cli.cls.export import export as command
from l2b_cls.export.onnx import export_onnx
from l2b_cls.networks.network_of import network_of
from l2b_cls.prediction.classifier import load_run
from l2b_data.errors import ConfigError, DataError, L2BError
from l2b_run.export import onnx as module
from tests.command import call_command
from tests.l2b_cls.synthetic import make_settings

onnx = pytest.importorskip("onnx", reason="extra `onnx` is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="extra `onnx` is not installed")
pytest.importorskip("onnxscript", reason="extra `onnx` is not installed")

LAST = {"accuracy": 0.75, "balanced_accuracy": 0.5, "auc": None, "confusion_matrix": [[3, 0], [1, 0]]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder whose network has seen some pictures, so that its batch norms are not those of the start."""
    folder = tmp_path_factory.mktemp("export")
    settings = make_settings("l2b")
    torch.manual_seed(0)
    network = network_of(settings).train()
    for _ in range(5):
        network(torch.randn(16, 1, 12, 12))
    network.head.weight.data *= 30  # an untrained head says nearly the same of all pictures
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    (folder / "summary.json").write_text(json.dumps({"noise": "flip:0.3", "test": {"last": LAST}}))
    return folder


def test_another_program_gets_the_runs_probabilities_from_the_file_alone(run, tmp_path):
    lines = []
    written = export_onnx(run, tmp_path / "a.onnx", say=lines.append)
    assert max(written["parity"].values()) < 1e-5
    assert set(written["parity"]) == {"random", "smooth", "run"}
    assert len(lines) == 2
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["l2b"])
    assert about["input"]["shape"] == ["N", 1, 12, 12]
    assert about["classes"] == ["left", "middle", "right"]
    assert about["training"] == {"recipe": "squares", "method": "l2b", "noise": "flip:0.3"}
    assert about["test"] == LAST
    pictures = np.random.default_rng(3).integers(0, 256, (7, 12, 12, 1), dtype=np.uint8)
    taken = pictures.transpose(0, 3, 1, 2).astype(np.float32) / 255
    (found,) = session.run(None, {about["input"]["name"]: taken})
    expected = load_run(run).probabilities(pictures)
    assert np.ptp(expected, axis=0).max() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_that_came_out_different_is_not_written(run, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_difference", lambda *args, **options: 0.01)
    with pytest.raises(L2BError, match="was not written: its probabilities differ"):
        export_onnx(run, tmp_path / "a.onnx")
    assert not (tmp_path / "a.onnx").exists()


def test_arguments_there_cannot_be(run, tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match=r"a file that ends with \.onnx"):
        export_onnx(run, tmp_path / "a.pt")
    with pytest.raises(DataError, match="is not a finished run"):
        export_onnx(tmp_path, tmp_path / "a.onnx")


def test_the_command(run, tmp_path):
    code, out, _ = call_command(command, run, "--onnx", tmp_path / "a.onnx", "--json")
    assert code == 0
    assert json.loads(out)["bytes"] == (tmp_path / "a.onnx").stat().st_size
