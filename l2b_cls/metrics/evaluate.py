"""A finished run's network on labelled samples."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from l2b_cls.metrics.sample_metrics import DEFINITIONS, classification_metrics
from l2b_cls.metrics.summary import EvaluationSummary
from l2b_cls.prediction.classifier import load_run, probabilities_of
from l2b_cls.prediction.write_table import write_predictions
from l2b_cls.run_data import read_run_data
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.shorten import first_names
from l2b_data.samples.image_set import ImageSet, open_image_set

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Evaluation:
    """Samples `index` (n,) of `images` with their labels (n,), the probabilities (n, K) they got, and the summary."""

    images: ImageSet = field(repr=False)
    index: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)
    summary: EvaluationSummary


def evaluate_run(
    run: Path, *, data: Path | None = None, split: Split | None = None, device: torch.device | str = "cpu"
) -> Evaluation:
    """Evaluate the final network of `run` on its own evaluation samples, or on a split of its or another data set.

    Args:
        run: folder of a finished run.
        data: a prepared set of the same classes; None: the run's own.
        split: which samples; None: those the run was evaluated on, of another data set its split test.
        device: where the network runs.

    Raises:
        ConfigError: `data` has other classes or channels than the run. DataError: no finished run, no such data or
        split; ConfigError for a config of another version.
    """
    classifier = load_run(run, device)
    settings = classifier.settings
    if data is None and split is None:
        found = read_run_data(run)
        images, index, what = found.images, found.evaluation, "the run's evaluation samples"
    else:
        images = open_image_set(data) if data is not None else read_run_data(run).images
        split = split or "test"
        index, what = images.indices(split), f"split {split}"
    if (images.classes, images.channels) != (settings.task.classes, settings.task.channels):
        named, expected = (first_names(classes, 8) for classes in (images.classes, settings.task.classes))
        raise ConfigError(
            f"{images.root}: {images.channels} channels and classes {named}; the run has "
            f"{settings.task.channels} and {expected}: evaluate on samples of the same classes"
        )
    if not len(index):
        raise DataError(f"{images.root}: no sample in {what}; choose another with --split")
    probabilities = probabilities_of(classifier, images, index)
    labels = images.labels[index]
    summary = EvaluationSummary(
        run=str(run),
        dataset=str(images.root.resolve()),
        samples=what,
        n_evaluation=len(index),
        classes=settings.task.classes,
        **classification_metrics(probabilities, labels),
        definitions={key: DEFINITIONS[key] for key in ("accuracy", "balanced_accuracy", "auc", "confusion_matrix")},
    )
    return Evaluation(images, index, labels, probabilities, summary)


def write_evaluation(evaluation: Evaluation, out: Path) -> None:
    """summary.json and predictions.csv in the folder `out`, as a run has them, for `compare`."""
    write_predictions(
        out / "predictions.csv",
        index=evaluation.index,
        names=[evaluation.images.names[one] for one in evaluation.index.tolist()],
        labels=evaluation.labels,
        probabilities=evaluation.probabilities,
    )
    evaluation.summary.write(out)
