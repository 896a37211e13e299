"""How pretrainings are planned: their images, and the settings these fill in."""

from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.batches.sample_batches import Samples
from l2b_cls.config import AugmentationSettings, Settings
from l2b_cls.networks import build_network
from l2b_cls.pretraining.run import run_pretraining
from l2b_cls.pretraining.settings import SimclrSettings, load_settings, read_settings
from l2b_cls.run import filled_in
from l2b_cls.run_data import RunData
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.image_set import ImageSet, open_image_set
from pipelines.plan.request import Planner, Say, TrainRequest
from pipelines.plan.stratified import SUBSET, TUNING, stratified


def _resolve(
    data: Path, request: TrainRequest, settings: SimclrSettings, noise: Any, say: Say
) -> tuple[SimclrSettings, Samples]:
    images = open_image_set(data)
    found = _training_images(images, settings)
    settings = _filled_in(settings, images, found)
    if settings.network.weights is not None:  # weights that do not fit are found before anything is written
        build_network(settings.network, classes=len(images.classes), channels=images.channels)
    return settings, found


def _reopen(run: Path, moved: Path | None, settings: SimclrSettings, say: Say) -> Samples:
    assert moved is not None
    images = open_image_set(moved)
    found = _training_images(images, settings)
    if (_filled_in(settings, images, found).task, len(found)) != (settings.task, settings.data.train_samples):
        raise ConfigError(f"{images.root} is not the data set of {run / 'config.yaml'}: name that one")
    return found


def _training_images(images: ImageSet, settings: SimclrSettings) -> Samples:
    """The images to learn from, under no label: all of them have class 0.

    A part is the one that `train` draws of the same values where it takes no meta set out of the training samples; the
    labels of the set choose it, so that classes keep their shares.
    """
    chosen, index = settings.data, images.indices("train")
    if len(index) < 2:
        raise DataError(f"{images.root}: {len(index)} samples of split train; views are told apart, so two at least")
    if chosen.tuning_samples > len(index) - 2:
        raise ConfigError(f"data.tuning_samples {chosen.tuning_samples} leaves fewer than two of {len(index)} samples")
    if chosen.tuning_samples:
        keep = len(index) - chosen.tuning_samples
        index, _ = stratified(images.labels, index, keep, chosen.noise_seed, TUNING)
    if chosen.train_samples is not None and chosen.train_samples < len(index):
        index, _ = stratified(images.labels, index, chosen.train_samples, chosen.noise_seed, SUBSET)
    return Samples(images, index, np.zeros(len(index), np.int64))


def _filled_in(settings: SimclrSettings, images: ImageSet, found: Samples) -> SimclrSettings:
    """The settings with classes, channels and size of the images, their number, and mean and standard deviation."""
    views, none = settings.augmentation, found.index[:0]
    asked = AugmentationSettings(crop_padding=0, size=views.size, mean=views.mean, std=views.std)
    plain = Settings(recipe=settings.recipe, preset=settings.preset, method="ce", augmentation=asked)
    data = RunData(images, found.index, none, none, found.labels, found.labels - 1, none, {"noise": "none"})
    filled = filled_in(plain, data)
    known = {"mean": filled.augmentation.mean, "std": filled.augmentation.std}
    return settings.model_copy(
        update={
            "task": filled.task,
            "data": settings.data.model_copy(update={"train_samples": len(found)}),
            "augmentation": views.model_copy(update=known),
        }
    )


PRETRAINING = Planner(
    package="l2b_cls",
    kind="classification",
    wanted="a prepared data set (`l2b-cls prepare`)",
    files=("config.yaml",),
    score=("", ""),
    load_settings=load_settings,
    read_settings=read_settings,
    noise=lambda request, default: (None, "images"),
    resolve=_resolve,
    reopen=_reopen,
    run_training=run_pretraining,
)
