"""Several trained networks that predict together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from l2b_data.cases.slicing import SliceOptions
from l2b_data.images.volume import Volume
from l2b_run.folder.members import load_members
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.task import Task


@dataclass(frozen=True)
class Ensemble:
    """Networks of one task, at least one, cut in one plane and of one crop; see `load_ensemble`."""

    members: tuple[Predictor, ...]

    @property
    def task(self) -> Task:
        return self.members[0].task

    @property
    def options(self) -> SliceOptions:
        """Those of the first; size and intensity may differ."""
        return self.members[0].options

    def predict_volume(self, channels: Sequence[Volume], *, mirror: bool = False) -> np.ndarray:
        """Mean of the members' probabilities, as `Predictor.predict_volume`: each on the volume's own grid first."""
        first, *others = self.members
        total = first.predict_volume(channels, mirror=mirror)
        for member in others:
            total += member.predict_volume(channels, mirror=mirror)
        return total if not others else total / len(self.members)

    def label_map(self, probabilities: np.ndarray) -> np.ndarray:
        """As `Predictor.label_map`."""
        return self.task.label_map(probabilities)


def load_ensemble(runs: Sequence[Path], device: torch.device | str = "cpu") -> Ensemble:
    """The final networks of run folders, as `load_run` opens each.

    Size of the slices, intensity, method and architecture may differ. Raises ConfigError, naming the runs, where one is
    named twice, or they differ in channels, classes, mask values, plane or crop; else as `load_run`.
    """
    return Ensemble(load_members(runs, lambda run: load_run(run, device), _averaged))


def _averaged(member: Predictor) -> dict[str, Any]:
    """What the members of an ensemble share, so that their probabilities are of the same pixels and classes."""
    task, options = member.task, member.options
    plain = tuple(range(len(task.classes) + 1))
    return {
        "channels": task.channels,
        "classes": task.classes,
        "mask values": task.values or plain,
        "plane": options.plane,
        "crop": options.crop,
    }
