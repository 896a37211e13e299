"""Given masks beside the clean ones: noisy ones still what their manifest says, all on the clean masks' grids."""

from pathlib import Path
from typing import Any

from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.one_case import label_faults
from l2b_data.cases.dataset import CLEAN_LABELS, ENDING, Dataset
from l2b_data.cases.noise_manifest import MANIFEST, read_manifest
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.files.hidden import visible_files
from l2b_data.images.volume import read_volume


def spoilt_folders(dataset: Dataset) -> list[Path]:
    """The folders that `corrupt` made of the clean masks, with noise or with planted mistakes, sorted by name."""
    return sorted(folder for what in ("mistakes", "noisy") for folder in dataset.root.glob(f"{CLEAN_LABELS}_{what}_*"))


def check_noise(dataset: Dataset, name: str) -> list[Fault]:
    """Faults of one folder of `spoilt_folders`, `name`."""
    folder = dataset.root / name
    try:
        entries = read_manifest(folder)["cases"]
    except DataError as error:
        return [Fault("noise", None, str(folder / MANIFEST), str(error))]
    faults = []
    train = set(dataset.splits["train"])
    for case in sorted(train ^ entries.keys()):
        message = "a training case without noisy mask" if case in train else "corrupted, but no training case"
        faults.append(Fault("noise", case, str(folder / MANIFEST), message))
    for case in sorted(train & entries.keys()):
        faults += _noisymask_faults(dataset, case, name, entries[case])
    listed = {dataset.label_path(case, name) for case in entries}
    for file in visible_files(folder):
        if file.name.endswith(ENDING) and file not in listed:
            faults.append(Fault("noise", None, str(file), f"not in {MANIFEST}"))
    return faults


def check_given(dataset: Dataset, name: str) -> list[Fault]:
    """Faults of a folder of given masks of the training cases, `name`, that has no manifest (`labelsTr_given`)."""
    faults = []
    for case in dataset.splits["train"]:
        path = dataset.label_path(case, name)
        if path.is_file():
            faults += mask_faults(dataset, case, path, "given")
        else:
            faults.append(Fault("missing", case, str(path), "no such file"))
    return faults


def mask_faults(dataset: Dataset, case: str, path: Path, what: str) -> list[Fault]:
    """An unreadable mask, values without a name, another grid than the clean mask's."""
    try:
        mask = read_volume(path)
    except DataError as error:
        return [Fault("unreadable", case, str(path), str(error))]
    faults = label_faults(case, path, mask, dataset.labels)
    try:
        clean = read_volume(dataset.label_path(case))
    except DataError:  # a fault of the clean masks, named there
        return faults
    return faults + [
        Fault("geometry", case, str(path), f"clean and {what} mask differ in {part}") for part in clean.same_grid(mask)
    ]


def _noisymask_faults(dataset: Dataset, case: str, name: str, entry: dict[str, Any]) -> list[Fault]:
    path, source = dataset.label_path(case, name), dataset.label_path(case)
    if not path.is_file():
        return [Fault("missing", case, str(path), "no such file")]
    faults = []
    if sha256_file(path) != entry["noisy_sha256"]:
        faults.append(Fault("noise", case, str(path), "changed since it was written"))
    if source.is_file() and sha256_file(source) != entry["source_sha256"]:
        faults.append(Fault("noise", case, str(source), f"the clean mask changed since {name} was made"))
    return faults + mask_faults(dataset, case, path, "noisy")
