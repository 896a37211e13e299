"""A training run from settings to a finished run folder."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import yaml

from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches, output_size
from l2b_cls.config import AugmentationSettings, Settings, TaskSettings
from l2b_cls.meta_set.online import online_meta
from l2b_cls.methods.table import METHODS
from l2b_cls.metrics.sample_metrics import classification_metrics
from l2b_cls.metrics.summary import Scores, Summary, run_summary
from l2b_cls.networks.network_of import network_of
from l2b_cls.prediction.classifier import BATCH, class_probabilities
from l2b_cls.prediction.write_table import write_predictions
from l2b_cls.report.write_report import write_report
from l2b_cls.run_data import RunData, write_run_data
from l2b_cls.sample_log.file import APPENDED, finish_sample_log
from l2b_cls.sample_log.log_epoch import log_epoch
from l2b_cls.sample_log.split_quality import split_quality
from l2b_cls.task import Task
from l2b_data.errors import ConfigError
from l2b_data.files.atomic import write_json, write_text
from l2b_data.review.manifest import excluded_text
from l2b_run.folder.environment import environment, peak_memory_mb
from l2b_run.folder.write_run import write_weights
from l2b_run.methods.split import SplitMemory
from l2b_run.training.batches import Batches
from l2b_run.training.checkpoint_names import BEST
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train
from l2b_run.training.method import Training, new_state
from l2b_run.training.nothing_learnt import prediction_row, require_learnt, with_restarts
from l2b_run.training.state import TrainState, load_checkpoint
from l2b_run.training.step_report import StepReport

LOG = logging.getLogger(__name__)
_SHARED = 5000  # training samples from which mean and standard deviation of a channel are taken


def filled_in(settings: Settings, data: RunData) -> Settings:
    """The settings with what the data says: classes, channels, size, and mean and standard deviation if left open.

    Those are of at most 5000 training samples, evenly spread over them; a constant channel has standard deviation 1.
    Raises ConfigError with all that does not go with images of this size and these channels.
    """
    images = data.images
    if faults := _misfits(settings.augmentation, images.size, images.channels):
        raise ConfigError(f"{images.root}:\n  " + "\n  ".join(faults))
    task = TaskSettings(
        classes=list(images.classes),
        channels=images.channels,
        size=list(images.size),
        colour_as_grey=images.info.get("source", {}).get("grey") is True,
    )
    augmentation = settings.augmentation
    if augmentation.mean is None:
        spread = np.linspace(0, len(data.train) - 1, min(len(data.train), _SHARED)).astype(np.int64)
        pixels = images.images(data.train[spread]).reshape(-1, images.channels) / np.float32(255)
        mean, std = pixels.mean(0, dtype=np.float64), pixels.std(0, dtype=np.float64)
        std[std == 0] = 1
        augmentation = augmentation.model_copy(
            update={"mean": [round(float(m), 4) for m in mean], "std": [round(float(s), 4) or 1.0 for s in std]}
        )
    return settings.model_copy(update={"task": task, "augmentation": augmentation})


def _misfits(augmentation: AugmentationSettings, size: tuple[int, int], channels: int) -> list[str]:
    """What of the augmentation cannot be done to stored images of `size` (H, W), a line each."""
    faults = []
    for name in ("mean", "std"):
        values = getattr(augmentation, name)
        if values is not None and len(values) != channels:
            faults.append(
                f"augmentation.{name} has {len(values)} values, the images have {channels} channels: one a channel, "
                f"or those of the training images, by --set augmentation.mean=null --set augmentation.std=null"
            )
    if augmentation.fit == "crop" and augmentation.size is not None and augmentation.size > min(size):
        stored = f"{size[0]} x {size[1]}"
        faults.append(f"augmentation.size {augmentation.size} cannot be cut out of images of {stored}: fit=resize does")
    padded = min(size) if augmentation.fit == "crop" else min(output_size(augmentation, size))
    if augmentation.padding_mode == "reflect" and augmentation.crop_padding >= padded:
        faults.append(f"augmentation.crop_padding {augmentation.crop_padding}: reflects less than {padded} pixels")
    return faults


def training_of(settings: Settings, batches: SampleBatches) -> Training:
    """A run of these settings on these batches, before its first step."""
    method = METHODS[settings.method]
    state = new_state(settings, method, partial(network_of, settings), batches.device)
    return Training(settings, method, Task(batches.classes, settings.label_smoothing), batches, state, online_meta)


def run_training(
    settings: Settings,
    data: RunData,
    out: Path,
    *,
    device: torch.device,
    resume: bool = False,
    progress: Progress = lambda row: None,
) -> Summary:
    """Train, evaluate and write the run folder `out`; returns its summary. `settings` are those of `filled_in`.

    A network that predicts one class starts anew as often as `restarts` says (`with_restarts`). No clean label of a
    training sample is seen by the training. Raises DataError, ConfigError, L2BError as its parts.
    """
    attempt = partial(_attempt, data=data, out=out, device=device, progress=progress)
    return with_restarts(settings, out, attempt, resume=resume)


def _attempt(
    settings: Settings, resume: bool, *, data: RunData, out: Path, device: torch.device, progress: Progress
) -> Summary:
    batches = make_batches(
        Samples(data.images, data.train, data.given),
        Samples(data.images, data.meta, data.meta_labels),
        Samples(data.images, data.evaluation, data.evaluation_labels),
        settings,
        device,
    )
    write_text(out / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
    write_json(out / "env.json", environment(str(device)))
    write_run_data(out, data)
    if not resume:
        (out / APPENDED).unlink(missing_ok=True)  # of a run that stopped here before its first checkpoint
    if excluded := data.noise.get("excluded"):
        LOG.info("%s", excluded_text(excluded, "sample"))
    started, looks = time.perf_counter(), list[dict[str, Any]]()

    def quick(state: TrainState) -> dict[str, float]:
        probabilities = evaluated_probabilities(state, batches)
        looks.append(_predicted(probabilities, data))
        metrics = classification_metrics(probabilities, data.evaluation_labels)
        return {name: metrics[name] for name in ("accuracy", "balanced_accuracy")}

    def watch(run: Training, current: Batches, reports: Sequence[StepReport]) -> dict[str, Any]:
        memory, row = run.state.memory, require_learnt(run, looks.pop() if looks else {})
        if isinstance(memory, SplitMemory):
            row |= split_quality(memory.splits, data.given, data.clean)
        if run.state.epoch % settings.log_weights_every == 0 or run.state.epoch == settings.epochs:
            trained = cast(SampleBatches, current)
            found = log_epoch(out, run.state, trained, reports, given=data.given, clean=data.clean)
            row = {"auc_noise_detection": found} | row
        return row

    run = training_of(settings, batches)
    state = train(run, out, score="accuracy", evaluate=quick, watch=watch, progress=progress, resume=resume)
    write_weights(out / "model.safetensors", state.evaluated)
    finish_sample_log(out, len(data.train))
    summary = _evaluated(settings, data, batches, state, out)
    seconds = time.perf_counter() - started
    summary = replace(summary, total_seconds=seconds, peak_memory_mb=peak_memory_mb(device))
    summary.write(out)
    write_report([out], out / "report.html", title=f"{settings.recipe}: {settings.method}")
    return summary


def _predicted(probabilities: np.ndarray, data: RunData) -> dict[str, Any]:
    """`prediction_row` of the evaluation samples: of several classes one alone is predicted."""
    shown, found = np.unique(data.evaluation_labels), np.unique(probabilities.argmax(1))
    one_class = len(found) == 1 and len(shown) > 1
    never = [data.images.classes[label] for label in np.setdiff1d(shown, found).tolist()]
    return prediction_row(never if one_class else [], one_class=one_class)


def _evaluated(settings: Settings, data: RunData, batches: SampleBatches, state: TrainState, out: Path) -> Summary:
    """Write predictions.csv of the last network; the summary of it and of the best one."""
    last = evaluated_probabilities(state, batches)
    write_predictions(
        out / "predictions.csv",
        index=data.evaluation,
        names=[data.images.names[one] for one in data.evaluation.tolist()],
        labels=data.evaluation_labels,
        probabilities=last,
    )
    best = new_state(settings, METHODS[settings.method], partial(network_of, settings), batches.device)
    load_checkpoint(best, out / BEST, batches.device)
    at_best = classification_metrics(evaluated_probabilities(best, batches), data.evaluation_labels)
    return run_summary(
        Scores(**classification_metrics(last, data.evaluation_labels)),
        Scores(**at_best, epoch=best.epoch),
        settings=settings,
        method_text=METHODS[settings.method].text,
        data=data,
        history=state.history,
    )


def evaluated_probabilities(state: TrainState, batches: SampleBatches) -> np.ndarray:
    """Probabilities (e, K) float64 of the evaluation samples, by the network that predicts."""
    images = (images for images, _, _ in batches.ordered("evaluation", BATCH))
    return class_probabilities(state.evaluated, images, classes=batches.classes)
