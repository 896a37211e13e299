"""Noisy masks beside the clean ones: still what their manifest says, and on the clean masks' grids."""

from pathlib import Path
from typing import Any

from l2b_run.errors import DataError
from l2b_seg.dataset import ENDING, Dataset
from l2b_seg.fault import Fault
from l2b_seg.hashing import sha256_file
from l2b_seg.noise_manifest import MANIFEST, read_manifest
from l2b_seg.volume import read_volume


def check_noise(dataset: Dataset, folder: Path) -> list[Fault]:
    """Faults of one folder of noisy masks (`labelsTr_noisy_<level>_s<seed>`) of `dataset`."""
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
        faults += _noisy_mask_faults(dataset, case, folder, entries[case])
    listed = {dataset.label_path(case, folder) for case in entries}
    for file in sorted(folder.glob(f"*{ENDING}")):
        if file not in listed:
            faults.append(Fault("noise", None, str(file), f"not in {MANIFEST}"))
    return faults


def _noisy_mask_faults(dataset: Dataset, case: str, folder: Path, entry: dict[str, Any]) -> list[Fault]:
    path, source = dataset.label_path(case, folder), dataset.label_path(case)
    if not path.is_file():
        return [Fault("missing", case, str(path), "no such file")]
    faults = []
    if sha256_file(path) != entry["noisy_sha256"]:
        faults.append(Fault("noise", case, str(path), "changed since it was written"))
    if source.is_file() and sha256_file(source) != entry["source_sha256"]:
        faults.append(Fault("noise", case, str(source), f"the clean mask changed since {folder.name} was made"))
    try:
        noisy = read_volume(path)
    except DataError as error:
        return [*faults, Fault("unreadable", case, str(path), str(error))]
    try:
        clean = read_volume(source)
    except DataError:  # a fault of the clean masks, named there
        return faults
    return faults + [
        Fault("geometry", case, str(path), f"clean and noisy mask differ in {part}") for part in clean.same_grid(noisy)
    ]
