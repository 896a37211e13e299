"""A finished run opened again: its network, the data it was trained on, and what both say about a case."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.slices import load_slices
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_seg.prediction.case_under_network import CaseUnderNetwork, case_under_network
from l2b_seg.prediction.final_weights import Judge, make_judge
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.run_data import recorded_data
from l2b_seg.training_weights.file import read_training_weights

WeightsOf = Literal["training", "last network"]


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

    def view(self, case: str) -> CaseUnderNetwork:
        """Predict a case beside its given mask; no other mask of it is read. Raises DataError as `weighted_view`."""
        self._require(case)
        return case_under_network(self.predictor, self.dataset, case, self.given_folder(case))

    def weighted_view(self, case: str) -> tuple[CaseUnderNetwork, WeightsOf | None]:
        """`view` with alpha and beta, and where they are from.

        Those that training gave, where the run kept them of the case; else those of its last network, judged by its
        clean cases; None where it has none. Raises DataError for an unknown or unusable case.
        """
        self._require(case)
        kept = read_training_weights(self.path, case)
        judge = self.judge if kept is None and self.meta else None
        view = case_under_network(self.predictor, self.dataset, case, self.given_folder(case), judge=judge, kept=kept)
        return view, "training" if kept is not None else "last network" if judge is not None else None

    def _require(self, case: str) -> None:
        if case not in self.dataset.cases:
            raise DataError(f"{self.dataset.root} has no case {case!r}; it has {first_names(self.dataset.cases, 8)}")


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
    found = len(dataset.channels), len(dataset.classes)
    expected = predictor.task.channels, len(predictor.task.classes)
    if found != expected:
        shown = [f"{channels} channels and {classes} classes" for channels, classes in (found, expected)]
        raise DataError(f"{root} has {shown[0]}, {run} was trained on {shown[1]}")
    return TrainedRun(run, predictor, dataset, record["labels"], record["train"], record["meta"], record["evaluation"])
