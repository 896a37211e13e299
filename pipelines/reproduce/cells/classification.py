"""How runs of classification are timed, scored and described."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches
from l2b_cls.config import Settings
from l2b_cls.methods.table import METHODS
from l2b_cls.metrics.summary import Summary
from l2b_cls.prediction.classifier import BATCH
from l2b_cls.recipe import read_settings
from l2b_cls.run import training_of
from l2b_cls.run_data import RunData
from l2b_run.training.method import Training
from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.request import Plan
from pipelines.reproduce.cells.task import Probe, Score, TableTask
from pipelines.reproduce.cells.timed import timed
from pipelines.reproduce.tables.table import MetricName

_PROBED = 1024  # training samples, or eight batches of them, on which what comes before an epoch is timed
_WHOLE_EPOCH = 256  # of a method that makes its own epochs, which is timed as a whole


def _probe(plan: Plan[Settings, RunData]) -> Probe:
    settings, data = plan.settings, plan.data
    own_epochs = METHODS[settings.method].epoch is not None
    wanted = max(_WHOLE_EPOCH, settings.batch_size) if own_epochs else max(_PROBED, 8 * settings.batch_size)
    count = min(len(data.train), wanted)
    spread = np.linspace(0, len(data.train) - 1, count).astype(np.int64)
    part = replace(data, train=data.train[spread], given=data.given[spread], clean=data.clean[spread])
    run = training_of(settings, _batches(settings, part, plan.device))
    return Probe(
        run,
        steps=_batches(settings, data, plan.device).steps,
        whole=len(data.train) / count,
        after_epoch=partial(_after_epoch, run, data),
    )


def _batches(settings: Settings, data: RunData, device: torch.device) -> SampleBatches:
    return make_batches(
        Samples(data.images, data.train, data.given),
        Samples(data.images, data.meta, data.meta_labels),
        Samples(data.images, data.evaluation, data.evaluation_labels),
        settings,
        device,
    )


def _after_epoch(run: Training, data: RunData) -> float:
    """Seconds of the evaluation, and of the log of every training sample, as often as they come."""
    settings, batches = run.settings, run.batches
    assert isinstance(settings, Settings)
    assert isinstance(batches, SampleBatches)
    network = run.state.evaluated.eval()
    few = np.arange(min(BATCH, len(batches.train)))

    @torch.no_grad()
    def pass_over_few() -> None:
        for images, _, _ in batches.ordered("train", BATCH, few):
            network(images)

    pass_over_few()  # untimed: first allocations
    an_image = timed(pass_over_few, batches.device) / len(few)
    images = len(data.evaluation) / settings.evaluate_every + len(data.train) / settings.log_weights_every
    return an_image * images


def _score(run: Path, metric: MetricName) -> Score:
    summary = Summary.read(run / "summary.json")
    if metric == "auc":
        best = summary.auc_noise_detection_best.get("weight_net", {}).get("auc")
        return Score(best, summary.auc_noise_detection.get("weight_net"))
    return Score(summary.test.best.accuracy, summary.test.last.accuracy)


def _described(run: Path) -> str:
    settings, summary = read_settings(run / "config.yaml"), Summary.read(run / "summary.json")
    network, size = settings.network, settings.augmentation.size or settings.task.size[0]
    widths = f" {'-'.join(map(str, network.widths))}" if network.architecture == "small-cnn" else ""
    return (
        f"{summary.n_train:,} training images of {len(summary.classes)} classes at {size} pixels, "
        f"{summary.n_evaluation:,} evaluated; {network.architecture}{widths}, {settings.epochs} epochs"
    )


TASK = TableTask(CLASSIFICATION, METHODS, _probe, _score, _described)
