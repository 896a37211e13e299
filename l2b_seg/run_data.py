"""What a segmentation run reads: data set, given labels and cases, as planned or as its folder records them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import Dataset
from l2b_data.errors import ConfigError, DataError
from l2b_seg.config import Settings, TaskSettings


@dataclass(frozen=True)
class RunData:
    """What a run reads: data set, folder of the given labels (and its noise level for the record), case ids."""

    dataset: Dataset
    labels: str
    noise: dict[str, Any]
    train: list[str]
    meta: list[str]
    evaluation: list[str]

    def record(self) -> dict[str, Any]:
        """What split.json holds: enough to find the same data again."""
        return {
            "dataset": str(self.dataset.root.resolve()),
            "labels": self.labels,
            "noise": self.noise,
            "train": self.train,
            "meta": self.meta,
            "evaluation": self.evaluation,
        }


def with_task(settings: Settings, dataset: Dataset) -> Settings:
    """The settings with the channels, classes and mask values of `dataset`, and its plane where they name none.

    Raises ConfigError where network.prior or class_weights are not as many as background and classes.
    """
    for key, given in (("network.prior", settings.network.prior), ("class_weights", settings.class_weights)):
        if given is not None and len(given) != len(dataset.classes) + 1:
            named = ", ".join(("background", *dataset.classes))
            raise ConfigError(f"{key} {given}: {dataset.root} has {len(dataset.classes) + 1} to give one each: {named}")
    task = TaskSettings(channels=dataset.channels, classes=list(dataset.classes), values=dataset.values)
    slices = settings.slices.model_copy(update={"plane": settings.slices.plane or dataset.plane})
    return settings.model_copy(update={"task": task, "slices": slices})


def recorded_data(run: Path) -> dict[str, Any]:
    """`RunData.record` of a run folder. Raises DataError where split.json is absent or damaged."""
    path = run / "split.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {key: record[key] for key in ("dataset", "labels", "noise", "train", "meta", "evaluation")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} does not say what the run was trained on: {error!r}") from error
