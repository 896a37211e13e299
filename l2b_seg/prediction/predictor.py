"""Volumes in, probabilities on their own grid out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from l2b.candidate_losses import Loss
from l2b_data.cases.slicing import SliceOptions, prepare_image, to_native
from l2b_data.errors import DataError
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import Volume
from l2b_run.folder.load_network import load_network
from l2b_run.training.task import meta_loss_of
from l2b_seg.config import Settings
from l2b_seg.networks.build_network import trained_network_of
from l2b_seg.recipe import read_settings
from l2b_seg.task import Task, task_of

_BATCH = 24  # slices a forward pass


@dataclass(frozen=True)
class Predictor:
    """A trained network, the slicing it was trained under, what it segments, and the loss of its meta batches.

    Probabilities have K outputs on their first axis: one, the foreground's, for one class; else the background's and
    one a class, of sum 1.
    """

    model: nn.Module
    options: SliceOptions
    task: Task
    device: torch.device
    meta_loss: Loss | None = None

    def predict_slices(self, slices: np.ndarray) -> np.ndarray:
        """Probabilities (K, D, S, S) float32 of prepared slices (D, C, S, S), in eval mode, which is then undone."""
        training = self.model.training
        self.model.eval()
        with torch.no_grad():
            parts = [
                self.task.probabilities(self.model(part.to(self.device))).float().cpu()
                for part in torch.from_numpy(np.array(slices, np.float32)).split(_BATCH)
                if len(part)
            ]
        self.model.train(training)
        if not parts:
            return np.zeros((self.task.outputs, 0, *slices.shape[2:]), np.float32)
        return np.ascontiguousarray(torch.cat(parts).numpy().swapaxes(0, 1))

    def predict_volume(self, channels: Sequence[Volume], *, mirror: bool = False) -> np.ndarray:
        """Probabilities (K, D, H, W) float32 on the grid of the channels (each (D, H, W)), as they are stored.

        Outside the recipe's crop all is background. `mirror`: averaged with the prediction of the left-right mirrored
        volume. Raises DataError where the channels are not as many as the task's, or differ in shape or orientation.
        """
        if len(channels) != self.task.channels:
            raise DataError(f"an image of {len(channels)} channels; this run was trained on {self.task.channels}")
        cut, *others = sorted({channel.cut(self.options.plane) for channel in channels})
        if others:
            raise DataError(f"the channels are not on one grid: {', '.join(map(str, (cut, *others)))}")
        slices = np.stack([prepare_image(cut.apply(channel.array), self.options) for channel in channels], axis=1)
        maps = self.predict_slices(slices)
        if mirror:
            maps = (maps + self.predict_slices(slices[..., ::-1])[..., ::-1]) / 2
        return self.to_native(maps, cut)

    def to_native(self, maps: np.ndarray, cut: Cut) -> np.ndarray:
        """Probabilities (K, N, S, S) of the slices of a volume -> (K, D, H, W) float32, as it is stored.

        Off the crop all is background.
        """
        background = None if self.task.binary else 0
        native = [
            to_native(part, cut.sizes[1:], self.options, outside=float(k == background)) for k, part in enumerate(maps)
        ]
        return cut.undo(np.stack(native))

    def label_map(self, probabilities: np.ndarray) -> np.ndarray:
        """Label values (D, H, W) uint8 of probabilities (K, D, H, W): above 0.5, or the most probable of several."""
        return self.task.label_map(probabilities)


def predictor_for(model: nn.Module, settings: Settings, device: torch.device) -> Predictor:
    """The predictor of a network under the settings it is trained with."""
    options = SliceOptions(**settings.slices.model_dump())
    task = task_of(settings)
    return Predictor(model, options, task, device, meta_loss_of(task, settings))


def load_run(run: Path | str, device: torch.device | str = "cpu") -> Predictor:
    """The final network of a run folder (config.yaml and model.safetensors), in eval mode.

    Raises DataError for a folder that is no finished run or whose weights do not fit, ConfigError for a config of
    another version.
    """
    return predictor_for(*load_network(Path(run), read_settings, trained_network_of, device), torch.device(device))
