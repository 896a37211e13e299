"""Images in, class probabilities out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from l2b_cls.batches.augment import resized
from l2b_cls.batches.sample_batches import prepared
from l2b_cls.config import Settings
from l2b_cls.networks.network_of import trained_network_of
from l2b_cls.recipe import read_settings
from l2b_data.samples.image_set import ImageSet
from l2b_run.folder.load_network import load_network
from l2b_run.folder.members import load_members

BATCH = 256  # images a forward pass outside training


@dataclass(frozen=True)
class Classifier:
    """A trained network, in eval mode, with the settings it was trained under."""

    model: nn.Module
    settings: Settings
    device: torch.device

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) uint8 -> (n, K) float64, rows of sum 1; n = 0 gives none.

        Those of another size than the stored training images are scaled to it first.
        """
        height, width = self.settings.task.size
        stored = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
        parts = (resized(part.to(self.device), (height, width)) for part in stored.split(BATCH))
        batches = (prepared(part, self.settings.augmentation) for part in parts)
        return class_probabilities(self.model, batches, classes=len(self.settings.task.classes))


@torch.no_grad()
def class_probabilities(model: nn.Module, batches: Iterable[Tensor], *, classes: int) -> np.ndarray:
    """Softmax (n, classes) float64 of normalised images (n, C, H, W), in eval mode, which is then undone."""
    training = model.training
    model.eval()
    parts = [torch.softmax(model(images).double(), 1).cpu().numpy() for images in batches if len(images)]
    model.train(training)
    return np.concatenate(parts) if parts else np.zeros((0, classes))


def load_run(run: Path | str, device: torch.device | str = "cpu") -> Classifier:
    """The final network of a run folder (config.yaml and model.safetensors), in eval mode.

    Raises DataError for a folder that is no finished run or whose weights do not fit, ConfigError for a config of
    another version.
    """
    return Classifier(*load_network(Path(run), read_settings, trained_network_of, device), torch.device(device))


def load_ensemble(runs: Sequence[Path], device: torch.device | str = "cpu") -> tuple[Classifier, ...]:
    """The final networks of run folders that predict together; architecture, image size and method may differ.

    Raises ConfigError, naming the runs, where one is named twice or their classes differ; else as `load_run`.
    """
    return load_members(runs, lambda run: load_run(run, device), lambda one: {"classes": one.settings.task.classes})


def probabilities_of(
    classifier: Classifier, images: ImageSet, index: np.ndarray, *, say: Callable[[str], None] = lambda line: None
) -> np.ndarray:
    """Probabilities (n, K) float64 of the images `index` (n,), read by batches; a line "[256/900] images" each."""
    parts = [np.zeros((0, len(classifier.settings.task.classes)))]
    for start in range(0, len(index), BATCH):
        batch = index[start : start + BATCH]
        parts.append(classifier.probabilities(images.images(batch)))
        say(f"[{start + len(batch)}/{len(index)}] images")
    return np.concatenate(parts)
