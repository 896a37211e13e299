"""The network of a run as an ONNX file that carries its own description, checked against the run in onnxruntime."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from l2b_run.atomic import atomic_file
from l2b_run.errors import ConfigError, L2BError
from l2b_run.extras import require_extra
from l2b_seg.inference import Predictor, load_run
from l2b_seg.run_metadata import run_metadata
from l2b_seg.slicing import prepare_image
from l2b_seg.task import Task

OPSET = 18
TOLERANCE = 1e-4
METADATA_KEY = "l2b"
_BATCHES = (1, 2, 5)


class _Probabilities(nn.Module):
    """A network and its sigmoid or softmax: another program then needs no choice."""

    def __init__(self, model: nn.Module, task: Task) -> None:
        super().__init__()
        self.model, self.task = model, task

    def forward(self, slices: Tensor) -> Tensor:
        return self.task.probabilities(self.model(slices))


def export_onnx(run: Path, file: Path, *, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Write the network of a finished run as ONNX: slices (N, C, S, S) float32 -> probabilities (N, K, S, S).

    N is free. `run_metadata` lies in the file as JSON, under metadata key "l2b". `say` is called with a line a step.

    Returns:
        file, bytes, opset, and parity: for "random" slices and a "volume" prepared as `predict` does it, the largest
        absolute difference of a probability between onnxruntime (CPU) and torch, over batches of 1, 2 and 5.

    Raises:
        ConfigError: `file` does not end with .onnx, or the extra `onnx` is not installed.
        DataError: `run` is no finished run.
        L2BError: a difference above TOLERANCE; nothing is written.
    """
    if file.suffix.lower() != ".onnx":
        raise ConfigError(f"--onnx {file}: name a file that ends with .onnx")
    require_extra("onnx", "export --onnx")
    metadata = run_metadata(run)
    predictor = load_run(run, "cpu")
    network = _Probabilities(predictor.model, predictor.task).eval()
    inputs = _parity_inputs(predictor)
    say("[1/2] tracing the network")
    content = _onnx_bytes(network, inputs["random"][:2], metadata)
    say("[2/2] comparing it with the run in onnxruntime")
    parity = {name: _difference(network, content, slices) for name, slices in inputs.items()}
    if not max(parity.values()) < TOLERANCE:
        raise L2BError(f"{file} was not written: its probabilities differ from the run's by {parity}; report this")
    with atomic_file(file) as temporary:
        temporary.write_bytes(content)
    return {"file": str(file), "bytes": len(content), "opset": OPSET, "parity": parity}


def _onnx_bytes(network: nn.Module, example: Tensor, metadata: Mapping[str, Any]) -> bytes:
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):  # its progress goes to stdout
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (example,),
            input_names=["slices"],
            output_names=["probabilities"],
            dynamic_shapes={"slices": {0: torch.export.Dim("batch", min=1)}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(metadata, allow_nan=False)
    content: bytes = model.SerializeToString()
    return content


def _parity_inputs(predictor: Predictor) -> dict[str, Tensor]:
    """Slices (N, C, S, S): noise, and a volume with an ellipsoid, larger than a slice, prepared as an image is."""
    options, channels = predictor.options, predictor.task.channels
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(max(_BATCHES), channels, options.size, options.size, generator=generator)
    shape = (max(_BATCHES), options.size * 3 // 2, options.size * 4 // 3)
    z, y, x = (np.linspace(-1, 1, n) for n in shape)
    inside = (z[:, None, None] ** 2 + (2 * y[:, None]) ** 2 + (2 * x) ** 2) < 1
    noise = np.random.default_rng(0).normal(0, 20, (channels, *shape))
    volume = [prepare_image(100 + 80 * inside + of_channel, options) for of_channel in noise]
    return {"random": random, "volume": torch.from_numpy(np.stack(volume, axis=1))}


def _difference(network: nn.Module, content: bytes, slices: Tensor) -> float:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    differences = []
    for n in _BATCHES:
        with torch.no_grad():
            expected = network(slices[:n]).numpy()
        (found,) = session.run(["probabilities"], {"slices": slices[:n].numpy()})
        differences.append(float(np.abs(found - expected).max()))
    return max(differences)
