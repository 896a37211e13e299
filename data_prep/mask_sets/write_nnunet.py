"""A prepared data set -> nnU-Net's raw layout, to train nnU-Net on its given or reviewed masks."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import CLEAN_LABELS, ENDING, Dataset
from l2b_data.cases.label_map import case_labels
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_folder, write_json
from l2b_data.images.volume import write_volume
from l2b_data.review.manifest import excluded_by

_NAME = re.compile(r"Dataset\d{3}_\w[\w.-]*")


def write_nnunet(
    dataset: Dataset, out: Path, *, labels: str | Path = CLEAN_LABELS, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Write imagesTr, labelsTr, imagesTs, labelsTs and dataset.json into the new folder `out`, whole or not at all.

    Training cases have their masks of folder `labels`, but for those that its review excluded; meta cases, which are in
    imagesTr too, and test cases the clean ones. Labels are numbered 1, 2, ... as nnU-Net asks for. Images are copied as
    they are. Returns folder, labels, and training, test and excluded cases.
    Raises ConfigError for a name that nnU-Net does not take or a folder that is not empty, DataError naming every case
    whose image or mask cannot be used.
    """
    if not _NAME.fullmatch(out.name):
        raise ConfigError(f"--nnunet {out}: nnU-Net finds its data sets by name: call the folder Dataset001_Name")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--nnunet {out} is there already; name a new folder, or empty it")
    excluded = excluded_by(dataset.root / labels)
    train, meta, test = (
        [case for case in dataset.splits[part] if case not in excluded] for part in ("train", "meta", "test")
    )
    chosen = [(case, "Tr", labels) for case in train]
    chosen += [(case, part, CLEAN_LABELS) for part, cases in (("Tr", meta), ("Ts", test)) for case in cases]
    faults = list[str]()
    with atomic_folder(out) as temporary:
        for number, (case, part, folder) in enumerate(chosen, 1):
            say(f"[{number}/{len(chosen)}] {case}")
            try:
                _write_case(dataset, case, folder, temporary, part)
            except DataError as error:
                faults.append(str(error))
        if faults:
            raise DataError(f"{len(faults)} of {len(chosen)} cases cannot be used:\n  " + "\n  ".join(faults))
        write_json(temporary / "dataset.json", _description(dataset, str(labels), len(train) + len(meta)))
    return {
        "folder": str(out),
        "labels": str(labels),
        "training": train + meta,
        "test": test,
        "excluded": [case for case in excluded if case in dataset.cases],
    }


def _write_case(dataset: Dataset, case: str, labels: str | Path, out: Path, part: str) -> None:
    mask = case_labels(dataset, case, labels)
    write_volume(mask, out / f"labels{part}" / f"{case}{ENDING}")
    for path in dataset.image_paths(case):
        if not path.is_file():
            raise DataError(f"{path}: no such file")
        (out / f"images{part}").mkdir(exist_ok=True)
        shutil.copyfile(path, out / f"images{part}" / path.name)


def _description(dataset: Dataset, labels: str, count: int) -> dict[str, Any]:
    return {
        "name": dataset.info.get("name", dataset.root.name),
        "channel_names": {str(number): name for number, name in enumerate(dataset.channels)},
        "labels": {"background": 0, **{name: value for value, name in enumerate(dataset.classes, 1)}},
        "numTraining": count,
        "file_ending": ENDING,
        "description": f"masks of the training cases: {Path(labels).name}",
    }
