"""A network as ONNX: its description inside, its probabilities compared, nothing of the machine that wrote it."""

import json
from pathlib import Path

import pytest
import torch

from l2b_data.errors import ConfigError, L2BError
from l2b_data.files.extras import missing_modules
from l2b_run.export import onnx as module
from l2b_run.export.onnx import require_onnx, write_onnx

needed = pytest.mark.skipif(bool(missing_modules("onnx")), reason="the extra onnx is not installed")


class Halves(torch.nn.Module):
    def forward(self, x):
        return torch.sigmoid(x) / 2


def write(file, **options):
    inputs = {"random": torch.randn(5, 3), "zero": torch.zeros(5, 3)}
    return write_onnx(file, Halves().eval(), inputs, {"by": "hand"}, input_name="x", **options)


@needed
def test_what_is_written_and_said(tmp_path):
    import onnxruntime

    lines, file = [], tmp_path / "out" / "model.onnx"
    written = write(file, parity={"run": 2e-6}, say=lines.append)
    assert (len(lines), written["bytes"]) == (2, file.stat().st_size)
    assert list(written["parity"]) == ["random", "zero", "run"]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert json.loads(session.get_modelmeta().custom_metadata_map["l2b"]) == {"by": "hand"}
    assert session.run(None, {"x": torch.zeros(7, 3).numpy()})[0].tolist() == [[0.25] * 3] * 7
    assert str(Path(torch.__file__).parent.parent).encode() not in file.read_bytes()
    assert b"test_onnx.py" not in file.read_bytes()


@needed
def test_what_differs_or_is_no_number_is_not_written(tmp_path, monkeypatch):
    for difference in (0.01, float("nan")):
        monkeypatch.setattr(module, "_difference", lambda *_, found=difference, **__: found)
        with pytest.raises(L2BError, match="was not written: its probabilities differ from the run's by"):
            write(tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"model\.pt: name a file that ends with \.onnx"):
        require_onnx(tmp_path / "model.pt")
