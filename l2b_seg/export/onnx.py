"""The network of a run as an ONNX file that carries its own description, checked against the run in onnxruntime."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from l2b_data.cases.slicing import prepare_image
from l2b_run.export.onnx import BATCHES, require_onnx, write_onnx
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

    `run_metadata` is its description. Compared are "random" slices and a "volume" prepared as `predict` does it.
    Returns what `write_onnx` does. Raises ConfigError: `file` does not end with .onnx, or the extra `onnx` is not
    installed; DataError: `run` is no finished run; L2BError: as `write_onnx`; nothing is written.
    """
    require_onnx(file)
    metadata, predictor = run_metadata(run), load_run(run, "cpu")
    network = _Probabilities(predictor.model, predictor.task).eval()
    return write_onnx(file, network, _parity_inputs(predictor), metadata, input_name="slices", say=say)


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
