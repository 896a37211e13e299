"""A prepared data set of a few tiny volumes, and settings small enough to train on it in a second."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.images.volume import Volume, write_volume
from l2b_run.training.method import Training
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.run import training_of
from l2b_seg.run_data import RunData
from tests.data_prep.conftest import gland, picture

SHAPE = (6, 48, 48)
NOISY = "labelsTr_noisy_L2_s0"
TRAIN, META, TEST = ["case0", "case1", "case2"], ["case3", "case4"], ["case5"]
CPU = torch.device("cpu")


def make_dataset(root: Path, *, spacing_unit: str = "voxel") -> Dataset:
    """Three training cases with clean and given masks (too large ones), two meta cases, a test case."""
    for number, case in enumerate([*TRAIN, *META, *TEST]):
        mask = gland(SHAPE, seed=number)
        grid = Volume(mask, (3.0, 0.5, 0.5), spacing_known=True)
        write_volume(grid.with_array(picture(mask, seed=number)), root / "imagesTr" / f"{case}_0000.nii.gz")
        write_volume(grid, root / "labelsTr" / f"{case}.nii.gz")
        if case in TRAIN:
            noisy = np.maximum(mask, np.roll(mask, 6, axis=2))
            write_volume(grid.with_array(noisy), root / NOISY / f"{case}.nii.gz")
    write_dataset_files(
        root,
        name="Tiny",
        channels=["T2"],
        labels={"background": 0, "prostate": 1},
        splits={"train": TRAIN, "meta": META, "test": TEST},
        spacing_unit=spacing_unit,
        how={"text": "by hand"},
        source={},
    )
    return Dataset.open(root)


def make_colour(root: Path) -> Dataset:
    """Colour pictures (three channels, D = 1) of different sizes with two classes: six training, two meta, two test."""
    cases = [f"p{number}" for number in range(10)]
    for number, case in enumerate(cases):
        height, width = 40 + 4 * (number % 3), 60 - 5 * (number % 2)
        rng = np.random.default_rng(number)
        rows, columns = np.ogrid[:height, :width]
        radius = np.hypot(rows - height / 2 - rng.uniform(-3, 3), columns - width / 2 - rng.uniform(-3, 3))
        labels = ((radius < 15).astype(np.uint8) + (radius < 8))[None]
        for channel, shades in enumerate(((200, 120, 60), (180, 150, 40), (170, 90, 110))):
            values = np.array(shades, np.float32)[labels] + rng.normal(0, 10, labels.shape)
            write_volume(
                Volume(values.clip(0, 255).astype(np.uint8)), root / "imagesTr" / f"{case}_{channel:04d}.nii.gz"
            )
        write_volume(Volume(labels), root / "labelsTr" / f"{case}.nii.gz")
    write_dataset_files(
        root,
        name="Colour",
        channels=["R", "G", "B"],
        labels={"background": 0, "lesion": 1, "core": 2},
        splits={"train": cases[:6], "meta": cases[6:8], "test": cases[8:]},
        spacing_unit="voxel",
        how={"text": "by hand"},
        source={},
        groups={case: f"g{number // 2}" for number, case in enumerate(cases)},
    )
    return Dataset.open(root)


def make_data(root: Path, labels: str = NOISY) -> RunData:
    return RunData(make_dataset(root), labels, {"level": "L2", "seed": 0}, list(TRAIN), list(META), list(TEST))


def make_settings(method: str = "l2b", **over: Any) -> Settings:
    """Two epochs of four steps; keyword arguments replace or add whole entries."""
    chosen: dict[str, Any] = {
        "recipe": "promise12",
        "preset": "tiny",
        "method": method,
        "slices": {"size": 32},
        "network": {"widths": [4, 4, 4, 4, 4]},
        "optimizer": {"lr": 0.05, "clip_norm": 1.0},
        "bootstrap": {"pseudo_label": "own"},
        "epochs": 2,
        "batch_size": 4,
        "meta_batch_size": 3,
    }
    if method.endswith("dividemix"):
        chosen["warm_up"] = 0.5
    return Settings.model_validate(chosen | over)


def make_batches(data: RunData, settings: Settings) -> SliceBatches:
    options = SliceOptions(**settings.slices.model_dump())
    return SliceBatches(
        train=load_slices(data.dataset, data.train, options, labels=data.labels),
        meta=load_slices(data.dataset, data.meta, options),
        augmentation=settings.augmentation,
        seed=settings.seed,
        device=CPU,
        batch_size=settings.batch_size,
    )


def make_training(data: RunData, settings: Settings) -> Training:
    run = training_of(settings, make_batches(data, settings))
    run.state.model.train()
    return run
