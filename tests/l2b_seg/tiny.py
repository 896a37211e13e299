"""A prepared data set of a few tiny volumes, and settings small enough to train on it in a second."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from l2b_seg.config import Settings
from l2b_seg.dataset import Dataset, write_dataset_files
from l2b_seg.feed import Feed
from l2b_seg.run import RunData
from l2b_seg.slices import SliceOptions, load_slices
from l2b_seg.volume import Volume, write_volume
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
    return Settings.model_validate(chosen | over)


def make_feed(data: RunData, settings: Settings) -> Feed:
    options = SliceOptions(**settings.slices.model_dump())
    return Feed(
        train=load_slices(data.dataset, data.train, options, labels=data.labels),
        meta=load_slices(data.dataset, data.meta, options),
        augmentation=settings.augmentation,
        seed=settings.seed,
        device=CPU,
    )
