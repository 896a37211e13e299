"""Integrity of a prepared data set: every fault found, each with its kind, case and file."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2b_run.errors import DataError
from l2b_seg.dataset import CLEAN_LABELS, ENDING, SPLITS, Dataset
from l2b_seg.hashing import sha256_array, sha256_file
from l2b_seg.noise_manifest import MANIFEST, read_manifest
from l2b_seg.volume import Volume, read_volume

KINDS = {
    "missing": "a case of the split without image or mask",
    "unreadable": "a file that is truncated, damaged or no image",
    "geometry": "image and mask (or clean and noisy mask) on different grids",
    "labels": "mask values that dataset.json does not name",
    "not_finite": "NaN or infinite voxels",
    "duplicate": "two cases of one split with the same image",
    "leakage": "the same case or the same image in two splits",
    "noise": "noisy masks that do not fit the data set: changed files, other clean masks, not the training cases",
    "count": "dataset.json counts another number of cases than the split holds",
    "empty_mask": "warning: a mask without foreground",
    "constant_image": "warning: an image with one value throughout",
    "unlisted": "warning: a file that belongs to no case of the split",
}
WARNINGS = ("empty_mask", "constant_image", "unlisted")


@dataclass(frozen=True)
class Fault:
    """One finding; `kind` is a key of KINDS, `case` is None where it concerns the whole data set."""

    kind: str
    case: str | None
    path: str
    message: str

    @property
    def is_warning(self) -> bool:
        return self.kind in WARNINGS


def check_dataset(dataset: Dataset, *, say: Callable[[str], None] = lambda line: None) -> list[Fault]:
    """All faults and warnings of a prepared data set, clean and noisy masks alike; an empty list where it is sound.

    Every image and mask is read once, one case at a time. `say` takes progress lines.
    """
    faults = _split_faults(dataset)
    contents: dict[str, list[str]] = defaultdict(list)
    cases = list(dict.fromkeys(dataset.cases))
    for number, case in enumerate(cases, 1):
        say(f"[{number}/{len(cases)}] {case}")
        image = _read(case, dataset.image_path(case), faults)
        mask = _read(case, dataset.label_path(case), faults)
        if image is not None:
            faults += _image_faults(case, dataset.image_path(case), image)
            contents[sha256_array(image.array)].append(case)
        if mask is not None:
            faults += _mask_faults(dataset, case, dataset.label_path(case), mask, image)
    faults += _content_faults(dataset, contents)
    for folder in sorted(dataset.root.glob(f"{CLEAN_LABELS}_noisy_*")):
        faults += _noise_faults(dataset, folder)
    return faults


def _read(case: str, path: Path, faults: list[Fault]) -> Volume | None:
    if not path.is_file():
        faults.append(Fault("missing", case, str(path), "no such file"))
        return None
    try:
        return read_volume(path)
    except DataError as error:
        faults.append(Fault("unreadable", case, str(path), str(error)))
        return None


def _image_faults(case: str, path: Path, image: Volume) -> list[Fault]:
    if not np.isfinite(image.array).all():
        bad = int(np.count_nonzero(~np.isfinite(image.array)))
        return [Fault("not_finite", case, str(path), f"{bad:,} voxels are NaN or infinite")]
    if image.array.min() == image.array.max():
        return [Fault("constant_image", case, str(path), f"every voxel is {image.array.flat[0]:g}")]
    return []


def _mask_faults(dataset: Dataset, case: str, path: Path, mask: Volume, image: Volume | None) -> list[Fault]:
    faults = []
    if image is not None:
        faults += [
            Fault("geometry", case, str(path), f"image and mask differ in {part}") for part in image.same_grid(mask)
        ]
    values = np.unique(mask.array)
    unknown = [f"{value:g}" for value in values if value not in dataset.labels.values()]
    if unknown:
        shown = ", ".join(unknown[:8]) + (", ..." if len(unknown) > 8 else "")
        known = ", ".join(f"{number} {name}" for name, number in dataset.labels.items())
        faults.append(Fault("labels", case, str(path), f"holds the values {shown}; dataset.json names {known}"))
    if not mask.array.any():
        faults.append(Fault("empty_mask", case, str(path), "no foreground"))
    return faults


def _split_faults(dataset: Dataset) -> list[Fault]:
    path = str(dataset.root / "splits.json")
    faults = []
    places: dict[str, list[str]] = defaultdict(list)
    for split in SPLITS:
        for case in dataset.splits[split]:
            places[case].append(split)
    for case, splits in places.items():
        if len(set(splits)) > 1:
            faults.append(Fault("leakage", case, path, f"stands in {' and '.join(dict.fromkeys(splits))}"))
        elif len(splits) > 1:
            faults.append(Fault("duplicate", case, path, f"stands {len(splits)} times in {splits[0]}"))
    counted = dataset.info.get("numTraining")
    if counted is not None and counted != len(places):
        message = f"numTraining is {counted}, splits.json holds {len(places)} cases"
        faults.append(Fault("count", None, str(dataset.root / "dataset.json"), message))
    expected = {dataset.image_path(case) for case in places} | {dataset.label_path(case) for case in places}
    for folder in ("imagesTr", CLEAN_LABELS):
        for file in sorted((dataset.root / folder).glob(f"*{ENDING}")):
            if file not in expected:
                faults.append(Fault("unlisted", None, str(file), "belongs to no case of splits.json"))
    return faults


def _content_faults(dataset: Dataset, contents: dict[str, list[str]]) -> list[Fault]:
    split_of = {case: split for split in SPLITS for case in dataset.splits[split]}
    faults = []
    for cases in contents.values():
        if len(cases) > 1:
            kind = "leakage" if len({split_of[case] for case in cases}) > 1 else "duplicate"
            listed = ", ".join(f"{case} ({split_of[case]})" for case in cases)
            faults.append(Fault(kind, cases[0], str(dataset.image_path(cases[0])), f"the same image in {listed}"))
    return faults


def _noise_faults(dataset: Dataset, folder: Path) -> list[Fault]:
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
    noisy = _read(case, path, faults)
    clean = _read(case, source, []) if noisy is not None else None
    if noisy is not None and clean is not None:
        faults += [
            Fault("geometry", case, str(path), f"clean and noisy mask differ in {part}")
            for part in clean.same_grid(noisy)
        ]
    return faults
