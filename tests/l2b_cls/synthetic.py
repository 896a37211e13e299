"""A small set of bright squares whose place is their class, with wrong given labels, and a run on it."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import torch

from l2b_cls.batches.sample_batches import SampleBatches, Samples, make_batches
from l2b_cls.config import NetworkSettings, Settings
from l2b_cls.networks.build_network import build_network
from l2b_cls.run import training_of
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.write_image_set import write_image_set
from l2b_run.folder.write_run import write_weights
from l2b_run.training.method import Training

CLASSES, TRAIN, META, TEST = 3, 96, 24, 30
CPU = torch.device("cpu")


@cache
def image_set() -> ImageSet:
    """TRAIN + META training pictures and TEST test pictures, 12 x 12, grey; made once."""
    rng = np.random.default_rng(0)
    labels = np.arange(TRAIN + META + TEST) % CLASSES
    images = rng.integers(0, 90, (len(labels), 12, 12, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[1:6, 4 * label : 4 * label + 4] += 120
    return write_image_set(
        Path(mkdtemp()) / "squares",
        name="squares",
        images=images,
        labels=labels,
        split=["train"] * (TRAIN + META) + ["test"] * TEST,
        classes=["left", "middle", "right"],
    )


def given_labels(share: float = 0.25) -> np.ndarray:
    """Labels (TRAIN,) of which every (1 / share)th is the next class instead of the true one."""
    labels = image_set().labels[:TRAIN].copy()
    labels[:: round(1 / share)] += 1
    return labels % CLASSES


SPLITTING = ("dividemix", "l2b-dividemix", "unicon", "l2b-unicon", "c2d", "l2b-c2d")
"""Methods that need a warm-up, small batches to split, and a few epochs' worth of ramp at most."""


@cache
def encoder() -> str:
    """A file of pretrained weights, for c2d: those of a fresh network."""
    path = Path(mkdtemp()) / "encoder.safetensors"
    torch.manual_seed(7)
    write_weights(path, build_network(NetworkSettings(widths=[4, 6, 8]), classes=CLASSES, channels=1))
    return str(path)


def make_settings(method: str = "l2b", **over: Any) -> Settings:
    chosen: dict[str, Any] = {
        "recipe": "squares",
        "preset": "tiny",
        "method": method,
        "task": {"classes": ["left", "middle", "right"], "channels": 1, "size": [12, 12]},
        "network": {"widths": [4, 6, 8]},
        "augmentation": {"crop_padding": 1, "flip": 0.0, "mean": [0.3], "std": [0.25]},
        "optimizer": {"lr": 0.1, "clip_norm": 1.0, "schedule": "constant"},
        "d2l": {"init_epochs": 0, "window": 2, "neighbours": 5},
        "epochs": 4,
        "batch_size": 16,
        "meta_batch_size": 12,
    }
    if method in SPLITTING:
        small = {"labelled_batch": 8, "ramp_epochs": 2.0, "unlabelled_weight": 5.0}
        chosen |= {"warm_up": 0.5, "dividemix": small, "unicon": small, "c2d": small}
        chosen["network"] = {"widths": [4, 6, 8], "weights": encoder() if "c2d" in method else None}
    return Settings.model_validate(chosen | over)


def batches_for(settings: Settings, source: ImageSet | None = None, given: np.ndarray | None = None) -> SampleBatches:
    source = image_set() if source is None else source
    given = given_labels() if given is None else given
    train, meta, test = np.split(np.arange(TRAIN + META + TEST), [TRAIN, TRAIN + META])
    clean = image_set().labels
    parts = [Samples(source, train, given), Samples(source, meta, clean[meta]), Samples(source, test, clean[test])]
    return make_batches(*parts, settings, CPU)


def poisoned() -> ImageSet:
    """The same pictures with true labels that are nonsense: what training must not notice."""
    return replace(image_set(), labels=np.full(TRAIN + META + TEST, CLASSES - 1))


def training_for(settings: Settings, source: ImageSet | None = None) -> Training:
    run = training_of(settings, batches_for(settings, source))
    run.state.model.train()
    return run
