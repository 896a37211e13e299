"""The network of a run as an ONNX file that carries its own description, checked against the run in onnxruntime."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from l2b_data.cases.slicing import prepare_image
from l2b_run.export.onnx import BATCHES, onnx_bytes, onnx_difference, require_onnx, write_onnx
from l2b_seg.export.metadata import run_metadata
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.task import Task


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
        L2BError: a difference that `write_onnx` refuses; nothing is written.
    """
    require_onnx(file)
    metadata = run_metadata(run)
    predictor = load_run(run, "cpu")
    network = _Probabilities(predictor.model, predictor.task).eval()
    inputs = _parity_inputs(predictor)
    say("[1/2] tracing the network")
    content = onnx_bytes(network, inputs["random"][:2], metadata, input_name="slices")
    say("[2/2] comparing it with the run in onnxruntime")
    parity = {name: onnx_difference(network, content, slices, input_name="slices") for name, slices in inputs.items()}
    return write_onnx(file, content, parity)


def _parity_inputs(predictor: Predictor) -> dict[str, Tensor]:
    """Slices (N, C, S, S): noise, and a volume with an ellipsoid, larger than a slice, prepared as an image is."""
    options, channels = predictor.options, predictor.task.channels
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(max(BATCHES), channels, options.size, options.size, generator=generator)
    shape = (max(BATCHES), options.size * 3 // 2, options.size * 4 // 3)
    z, y, x = (np.linspace(-1, 1, n) for n in shape)
    inside = (z[:, None, None] ** 2 + (2 * y[:, None]) ** 2 + (2 * x) ** 2) < 1
    noise = np.random.default_rng(0).normal(0, 20, (channels, *shape))
    volume = [prepare_image(100 + 80 * inside + of_channel, options) for of_channel in noise]
    return {"random": random, "volume": torch.from_numpy(np.stack(volume, axis=1))}
