"""The network of a run as an ONNX file that carries its own description, checked against the run in onnxruntime."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from l2b_cls.batches.sample_batches import output_size
from l2b_cls.metrics.summary import Summary
from l2b_cls.prediction.classifier import Classifier, load_run
from l2b_data.files.extras import package_version
from l2b_run.export.onnx import BATCHES, require_onnx, write_onnx

INPUT = "images"


class _Probabilities(nn.Module):
    """Normalisation, network and softmax in one: another program needs to know of none of them."""

    mean: Tensor
    std: Tensor

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.model = classifier.model
        chosen = classifier.settings.augmentation
        self.register_buffer("mean", torch.tensor(chosen.mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(chosen.std).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        return torch.softmax(self.model((images - self.mean) / self.std), 1)


def export_onnx(run: Path, file: Path, *, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Write the network of a finished run as ONNX: images (N, C, H, W) float32 in [0, 1] -> probabilities (N, K).

    C, H, W are the network's. `onnx_metadata` is its description. Compared are "random" and "smooth" images, and, as
    "run", the exported network with `predict`'s own way from stored pixels to probabilities. Returns what `write_onnx`
    does. Raises ConfigError: `file` does not end with .onnx, or the extra `onnx` is not installed; DataError: `run` is
    no finished run, or its summary.json is damaged; L2BError: as `write_onnx`; nothing is written.
    """
    require_onnx(file)
    classifier = load_run(run, "cpu")
    network, pictures = _Probabilities(classifier).eval(), _pictures(classifier)
    inputs = {name: _as_input(each) for name, each in pictures.items()}
    parity = {"run": max(_difference(network, classifier, each) for each in pictures.values())}
    metadata = onnx_metadata(run, classifier)
    return write_onnx(file, network, inputs, metadata, input_name=INPUT, parity=parity, say=say)


def onnx_metadata(run: Path, classifier: Classifier) -> dict[str, Any]:
    """What a program needs to use the file, and a reader to judge it: input, output, classes, training, test."""
    settings, file = classifier.settings, run / "summary.json"
    summary = Summary.read(file) if file.is_file() else None
    height, width = output_size(settings.augmentation, (settings.task.size[0], settings.task.size[1]))
    fit = "shorter side scaled, centre cut out" if settings.augmentation.fit == "crop" else "scaled to this size"
    return {
        "l2b": package_version("l2b"),
        "input": {
            "name": INPUT,
            "shape": ["N", settings.task.channels, height, width],
            "values": "float32 in [0, 1]: stored 8-bit values / 255; normalised inside",
            "preparation": f"pictures of another size: {fit}, bilinear and antialiased",
        },
        "output": {"name": "probabilities", "shape": ["N", len(settings.task.classes)]},
        "classes": settings.task.classes,
        "training": {"recipe": settings.recipe, "method": settings.method, "noise": summary and summary.noise},
        "test": summary and summary.test.last.to_json(),
    }


def _pictures(classifier: Classifier) -> dict[str, np.ndarray]:
    """Pictures (n, H, W, C) uint8 of the network's size: noise, and smooth shapes."""
    settings = classifier.settings
    height, width = output_size(settings.augmentation, (settings.task.size[0], settings.task.size[1]))
    shape = (max(BATCHES), height, width, settings.task.channels)
    generator = np.random.default_rng(0)
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    phase = generator.uniform(0, 6, (shape[0], 1, 1, shape[3]))
    waves = np.sin(phase + 3 * x[None, None, :, None]) * np.cos(phase + 2 * y[None, :, :, None])
    return {"random": generator.integers(0, 256, shape, dtype=np.uint8), "smooth": ((waves + 1) * 127).astype(np.uint8)}


def _as_input(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float() / 255


@torch.no_grad()
def _difference(network: nn.Module, classifier: Classifier, pictures: np.ndarray) -> float:
    found = network(_as_input(pictures)).numpy()
    return float(np.abs(found - classifier.probabilities(pictures)).max())
