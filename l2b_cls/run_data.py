"""The samples of a run and the labels they are used with: made when it is planned, found again from its folder."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_json
from l2b_data.files.json_object import read_json_object
from l2b_data.samples.image_set import ImageSet, open_image_set
from l2b_data.samples.noisy_labels import read_noisy_labels, write_noisy_labels

SPLIT, LABELS = "split.json", "noisy_labels.csv"


@dataclass(frozen=True)
class RunData:
    """What a run reads. train, meta, evaluation: numbers in `images`, int64 (n,), (m,) and (e,).

    given (n,), meta_labels (m,): the labels they train and judge with. clean (n,): the training samples' true labels,
    -1: unknown. The training never sees them; noise detection is measured by them. They are known where noise was drawn
    from labels that the data set vouches for (`ImageSet.vouched`), or where the given labels are an annotator's, beside
    the set's own (`human:COLUMN`). Labels used as they are (noise none) say nothing about which of them are wrong.
    noise: what made `given`, ready for JSON, with the keys noise (as `--noise` takes it), seed and effective_rate
    (None where the true labels are not known). mistakes: (n,) str, the mistake planted in each training label, "" for
    none; None where no mistakes were planted.
    """

    images: ImageSet
    train: np.ndarray
    meta: np.ndarray
    evaluation: np.ndarray
    given: np.ndarray = field(repr=False)
    clean: np.ndarray = field(repr=False)
    meta_labels: np.ndarray = field(repr=False)
    noise: dict[str, Any]
    mistakes: np.ndarray | None = field(default=None, repr=False)

    @property
    def evaluation_labels(self) -> np.ndarray:
        """(e,) int64, the labels of the data set."""
        return self.images.labels[self.evaluation]

    def part(self, train: np.ndarray, *, meta: np.ndarray | None = None) -> "RunData":
        """With some of its training samples, (k,) positions in `train`, and of its meta samples; None: with all."""
        given, clean = self.given[train], self.clean[train]
        meta = np.arange(len(self.meta)) if meta is None else meta
        known = self.noise.get("effective_rate") is not None
        return replace(
            self,
            train=self.train[train],
            given=given,
            clean=clean,
            meta=self.meta[meta],
            meta_labels=self.meta_labels[meta],
            noise=self.noise | {"effective_rate": float((given != clean).mean()) if known else None},
            mistakes=None if self.mistakes is None else self.mistakes[train],
        )

    def record(self) -> dict[str, Any]:
        """What split.json holds: with noisy_labels.csv enough to find the same data again."""
        return {
            "dataset": str(self.images.root.resolve()),
            "noise": self.noise,
            "train": self.train.tolist(),
            "meta": self.meta.tolist(),
            "meta_labels": self.meta_labels.tolist(),
            "evaluation": self.evaluation.tolist(),
        }


def write_run_data(out: Path, data: RunData) -> None:
    """split.json and noisy_labels.csv of a run folder."""
    write_json(out / SPLIT, data.record())
    write_noisy_labels(out / LABELS, index=data.train, clean=data.clean, given=data.given, kind=data.mistakes)


def read_run_data(run: Path, data: Path | None = None) -> RunData:
    """The data a run folder was trained on; `data` says where the data set stands now, if it has moved.

    Raises DataError where the folder does not say it, or the data set is not there or another one.
    """
    record = read_json_object(run / SPLIT, way_out="name the folder of a run")
    table = read_noisy_labels(run / LABELS)
    try:
        root, noise = Path(record["dataset"]), dict(record["noise"])
        train, meta, evaluation, meta_labels = (
            np.asarray(record[key], np.int64).reshape(-1) for key in ("train", "meta", "evaluation", "meta_labels")
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{run / SPLIT} does not say what the run was trained on: {error!r}") from error
    if data is None and not root.is_dir():
        raise DataError(f"{run}: its data set {root} is not there any more; say where it is with --data")
    images = open_image_set(root if data is None else data)
    used = np.concatenate([train, meta, evaluation])
    labels = np.concatenate([table.given, meta_labels])
    if not np.array_equal(train, table.index) or len(meta) != len(meta_labels):
        raise DataError(f"{run}: {SPLIT} and {LABELS} name different training or meta samples; train anew")
    every = len(images.classes)
    if len(used) and (used.min() < 0 or used.max() >= len(images) or labels.min() < 0 or labels.max() >= every):
        raise DataError(f"{images.root} has {len(images)} images, the run in {run} was trained on another data set")
    before = table.given if noise.get("noise") == "none" else table.clean  # what of the data set's labels is on record
    known = before >= 0
    if other := int((before[known] != images.labels[train[known]]).sum()):
        raise DataError(
            f"{images.root}: {other} of {int(known.sum())} labels are not those of {run / LABELS}; the run was trained "
            "on another data set"
        )
    return RunData(images, train, meta, evaluation, table.given, table.clean, meta_labels, noise, table.kind)
