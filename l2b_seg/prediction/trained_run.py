"""A finished run opened again: its network, the data it was trained on, and what both say about a case."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.label_map import label_values
from l2b_data.cases.slices import NativeSlices, case_image, case_mask, load_slices, require_same_grid
from l2b_data.cases.slicing import to_native
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_data.images.orientation import flipped
from l2b_data.images.volume import read_volume
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.prediction.trust_maps import Judge, make_judge, trust_maps
from l2b_seg.run_data import recorded_data


@dataclass(frozen=True)
class CaseView:
    """A case under a run's network, every array on the case's own grid as it is stored, (D, H, W).

    given: label values uint8, the mask training saw (of cases outside training the clean one), from `folder`.
    predicted: the network's label values uint8, which are the pseudo-label too. probability: float32, of all
    foreground.
    """

    case: str
    folder: str
    given: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class WeightedView(CaseView):
    """And how far the clean cases trust it: weight of the given and of the predicted label, float32 (D, H, W).

    In multiples of a pixel's weight in plain training (see `trust_maps`), 0 outside the recipe's crop.
    """

    alpha: np.ndarray
    beta: np.ndarray


@dataclass(frozen=True)
class TrainedRun:
    """A run folder with its predictor, its data set and the cases it was trained, judged and evaluated on."""

    path: Path
    predictor: Predictor
    dataset: Dataset
    labels: str
    train: list[str]
    meta: list[str]
    evaluation: list[str]

    @cached_property
    def judge(self) -> Judge:
        """What the run's clean cases say, made at first use. Raises ConfigError where it has none."""
        if not self.meta:
            raise ConfigError(f"{self.path}: no clean (meta) cases in its split.json, so nothing to judge masks by")
        return make_judge(self.predictor, load_slices(self.dataset, self.meta, self.predictor.options))

    def given_folder(self, case: str) -> str:
        """The folder whose mask of `case` is the given one: the run's for training cases, else the clean masks'."""
        return self.labels if case in self.train else CLEAN_LABELS

    def view(self, case: str) -> CaseView:
        """Predict a case; of its masks only the given one is read. Raises DataError for an unknown or unusable case."""
        image, _, given = self._read(case)
        maps = self.predictor.predict_slices(np.asarray(image.array, np.float32))
        return CaseView(case, self.given_folder(case), given, *self._predicted(case, maps, image))

    def weighted_view(self, case: str) -> WeightedView:
        """Predict a case and judge its given mask. Raises as `view`, and as `judge`."""
        image, small, given = self._read(case)
        trust = trust_maps(self.predictor, self.judge, np.asarray(image.array, np.float32), np.asarray(small.array))
        height, width = image.shape[1:]
        alpha, beta = (
            flipped(to_native(part, (height, width), self.predictor.options), image.flips)
            for part in (trust.alpha, trust.beta)
        )
        predicted = self._predicted(case, trust.probability, image)
        return WeightedView(case, self.given_folder(case), given, *predicted, alpha, beta)

    def _read(self, case: str) -> tuple[NativeSlices, NativeSlices, np.ndarray]:
        """Slices of image and given mask, and the given mask (D, H, W) as stored."""
        if case not in self.dataset.cases:
            raise DataError(f"{self.dataset.root} has no case {case!r}; it has {first_names(self.dataset.cases, 8)}")
        folder, options = self.given_folder(case), self.predictor.options
        image, mask = case_image(self.dataset, case, options), case_mask(self.dataset, case, options, folder)
        require_same_grid(case, image.grid, mask.grid, folder)
        path = self.dataset.label_path(case, folder)
        return image, mask, label_values(path, read_volume(path).array, len(self.dataset.classes))

    def _predicted(self, case: str, maps: np.ndarray, image: NativeSlices) -> tuple[np.ndarray, np.ndarray]:
        """Label values and the probability of all foreground, (D, H, W) as stored, of maps (K, D, S, S)."""
        height, width = image.shape[1:]
        probability = flipped(self.predictor.to_native(maps, (height, width)), image.flips)
        if not np.isfinite(probability).all():
            raise DataError(f"{case}: the network's prediction is not finite; its training has diverged")
        foreground = probability[0] if self.predictor.task.binary else 1 - probability[0]
        return self.predictor.label_map(probability), foreground


def open_run(run: Path | str, *, data: Path | str | None = None, device: torch.device | str = "cpu") -> TrainedRun:
    """Open a finished run and its data set, `data` where that has moved since.

    Raises DataError for a folder that is no finished run, a data set that is not there or has other channels or
    classes, ConfigError for a config of another version.
    """
    run = Path(run)
    record = recorded_data(run)
    root = Path(data or record["dataset"])
    if data is None and not root.is_dir():
        raise DataError(f"{run}: its data set {root} is not there any more; say where it is with --data")
    dataset, predictor = Dataset.open(root), load_run(run, device)
    found, expected = (
        (len(dataset.channels), len(dataset.classes)),
        (predictor.task.channels, len(predictor.task.classes)),
    )
    if found != expected:
        shown = [f"{channels} channels and {classes} classes" for channels, classes in (found, expected)]
        raise DataError(f"{root} has {shown[0]}, {run} was trained on {shown[1]}")
    return TrainedRun(run, predictor, dataset, record["labels"], record["train"], record["meta"], record["evaluation"])
