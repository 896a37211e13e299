"""A data set on which it is known which given masks are wrong, and the folder of a run on it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset, write_dataset_files
from l2b_data.files.atomic import write_json, write_text
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import Volume, write_volume
from l2b_seg.run_data import RunData, with_task
from tests.data_prep.conftest import gland, picture
from tests.l2b_seg.tiny import make_settings

SHAPE = (4, 48, 48)
GIVEN = "labelsTr_noisy_L2_s0"
TRAIN = [f"case{number}" for number in range(6)]
META, TEST = ["case6", "case7"], ["case8"]
DELETED, MOVED, SHRUNK, INVENTED = ("case1", 2), ("case2", 2), ("case3", 1), ("case4", 0)
WRONG = {DELETED, MOVED, SHRUNK, INVENTED}
EPOCHS = 16
BOX = (slice(30, 40), slice(4, 16))


def spoil(case: str, mask: np.ndarray) -> np.ndarray:
    """The given mask: the clean one but for the slices of WRONG."""
    given = mask.copy()
    for wrong in WRONG:
        name, index = wrong
        if name != case:
            continue
        if wrong == DELETED:
            given[index] = 0
        elif wrong == MOVED:
            given[index] = np.roll(mask[index], 14, axis=1)
        elif wrong == SHRUNK:
            given[index] = 0
            given[index][20:24, 22:26] = 1
        else:
            given[index][BOX] = 1
    return given


def make_run(root: Path, method: str = "joint", *, names: dict[str, str] | None = None, meta: bool = True, **over):
    """(run folder, RunData): a data set in root/data, and config.yaml and split.json of a run on it, without network.

    names: other case ids for some. meta: whether there are clean cases.
    """
    names = names or {}
    data, cases = root / "data", {}
    for number, case in enumerate([*TRAIN, *META, *TEST]):
        mask = gland(SHAPE, seed=number)
        grid = Volume(mask, (3.0, 0.5, 0.5), spacing_known=True)
        name = names.get(case, case)
        write_volume(grid.with_array(picture(mask, seed=number)), data / "imagesTr" / f"{name}_0000.nii.gz")
        write_volume(grid, data / CLEAN_LABELS / f"{name}.nii.gz")
        if case in TRAIN:
            write_volume(grid.with_array(spoil(case, mask)), data / GIVEN / f"{name}.nii.gz")
            clean, given = (sha256_file(data / folder / f"{name}.nii.gz") for folder in (CLEAN_LABELS, GIVEN))
            cases[name] = {"source_sha256": clean, "noisy_sha256": given}
    write_json(data / GIVEN / "noise_manifest.json", {"cases": cases})
    splits = {"train": TRAIN, "meta": META if meta else [], "test": TEST}
    write_dataset_files(
        data,
        name="Tiny",
        channels=["T2"],
        labels={"background": 0, "gland": 1},
        splits={part: [names.get(case, case) for case in listed] for part, listed in splits.items()},
        spacing_unit="mm",
        how={"text": "by hand"},
        source={},
    )
    dataset = Dataset.open(data)
    run_data = RunData(
        dataset, GIVEN, {"level": "L2", "seed": 0}, *(dataset.splits[part] for part in ("train", "meta", "test"))
    )
    slices = {"size": 32, "intensity": "zscore", "mask_threshold": "half"}
    chosen: dict[str, Any] = {"slices": slices, "optimizer": {"lr": 0.2, "clip_norm": 1.0}, "joint_by": "steps"} | over
    settings = with_task(make_settings(method, **chosen), dataset)
    run = root / "run"
    write_text(run / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
    write_text(run / "split.json", json.dumps(run_data.record()))
    return run, run_data
