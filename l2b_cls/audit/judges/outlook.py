"""What a network says of samples: class probabilities, and the features they come of."""

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from l2b_cls.features import features_and_logits
from l2b_data.files.atomic import atomic_file


@dataclass(frozen=True)
class Outlook:
    """probabilities: (n, K) float64, rows sum to 1. features: (n, F) float16, what the network's last layer reads."""

    probabilities: np.ndarray = field(repr=False)
    features: np.ndarray = field(repr=False)


@torch.no_grad()
def judge(model: nn.Module, batches: Iterable[tuple[Tensor, ...]], *, classes: int) -> Outlook:
    """The outlook on batches (normalised images (b, C, H, W), ...), in eval mode, which is then undone."""
    training = model.training
    model.eval()
    probabilities, features = [np.zeros((0, classes))], list[np.ndarray]()
    for images, *_ in batches:
        if len(images):
            read, logits = features_and_logits(model, images)
            probabilities.append(torch.softmax(logits.double(), 1).cpu().numpy())
            features.append(read.half().cpu().numpy())
    model.train(training)
    return Outlook(np.concatenate(probabilities), np.concatenate(features or [np.zeros((0, 0), np.float16)]))


def write_outlook(path: Path, outlook: Outlook) -> None:
    """Write an .npz atomically, by way of the memory."""
    content = io.BytesIO()
    np.savez(content, probabilities=outlook.probabilities, features=outlook.features)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read_outlook(path: Path) -> Outlook | None:
    """The outlook of a file; None where it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return Outlook(file["probabilities"], file["features"])
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
