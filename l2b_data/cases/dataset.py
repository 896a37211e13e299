"""A prepared data set on disk: the nnU-Net raw layout, a split, and noisy copies of the training masks beside it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import write_json
from l2b_data.files.json_object import json_object_or_fault
from l2b_data.images.orientation import common_plane
from l2b_data.images.volume import read_axes

SPLITS = ("train", "meta", "test")
SPACING_UNITS = ("mm", "voxel")
CLEAN_LABELS = "labelsTr"
ENDING = ".nii.gz"
MAX_CLASSES = 255  # label maps are uint8


@dataclass(frozen=True)
class Dataset:
    """Where everything of a prepared data set lies.

    splits: case ids for "train", "meta" (the few cases known to be clean) and "test". labels: name -> value with
    background 0, as in the masks of the data set's own folders. spacing_unit: "mm" where the spacing is known, else
    "voxel": distances are then counted in voxels. info: the whole of dataset.json. channels: a name for each image file
    of a case. groups: case -> patient or lesion it comes from, for the cases where that is known.
    """

    root: Path
    splits: dict[str, list[str]]
    labels: dict[str, int]
    spacing_unit: str
    info: dict[str, Any] = field(repr=False)
    channels: list[str] = field(default_factory=lambda: ["image"])
    groups: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path | str) -> "Dataset":
        """Read dataset.json and splits.json; all faults in one `DataError`. Images are not opened."""
        root = Path(path)
        if not root.is_dir():
            raise DataError(f"{root}: no such folder; make a prepared data set with `l2b-seg prepare`")
        faults: list[str] = []
        info = json_object_or_fault(root / "dataset.json", faults)
        splits = json_object_or_fault(root / "splits.json", faults)
        labels = _labels(info.get("labels"), faults) if info else {}
        channels = _channels(info.get("channel_names", {"0": "image"}), faults)
        unit = info.get("spacing_unit", "mm")
        if unit not in SPACING_UNITS:
            faults.append(f"dataset.json: spacing_unit {unit!r} is not one of {', '.join(SPACING_UNITS)}")
        if info and info.get("file_ending", ENDING) != ENDING:
            faults.append(f"dataset.json: file_ending {info['file_ending']!r} is not {ENDING}")
        _check_mask_values(info.get("mask_values"), labels, faults)
        cases = {name: _case_ids(name, splits.get(name), faults) for name in SPLITS} if splits else {}
        groups = _groups(info, splits, faults)
        if faults:
            raise DataError(f"{root} is no prepared data set:\n  " + "\n  ".join(faults))
        return cls(root, cases, labels, unit, info, channels, groups)

    @property
    def cases(self) -> list[str]:
        """All case ids: train, meta, test, in that order."""
        return [case for name in SPLITS for case in self.splits[name]]

    @property
    def classes(self) -> dict[str, int]:
        """Name -> label value of each foreground class, ascending: 1, 2, ... where there are several."""
        return {name: value for name, value in sorted(self.labels.items(), key=lambda item: item[1]) if value}

    @cached_property
    def plane(self) -> str | None:
        """The plane most of its images are stored in (`common_plane`), from their headers; None for pictures."""
        return common_plane(axes for case in self.cases if (axes := read_axes(self.image_path(case))))

    @property
    def values(self) -> list[int]:
        """What stands for the labels 0, 1, ..., n in the user's own masks, and in the masks written for them.

        dataset.json has them under "mask_values" where they are not the labels.
        """
        stated = self.info.get("mask_values", self.labels)
        return [stated[name] for name in ("background", *self.classes)]

    def values_in(self, folder: str | Path) -> list[int]:
        """What stands for the labels in a folder of masks: themselves in those of this data set, else `values`."""
        place = self.root / folder
        own = any(Path(full(place)).is_relative_to(full(self.root)) for full in (os.path.abspath, os.path.realpath))
        return list(range(len(self.labels))) if own else self.values

    def image_path(self, case: str, channel: int = 0) -> Path:
        return self.root / "imagesTr" / f"{case}_{channel:04d}{ENDING}"

    def image_paths(self, case: str) -> list[Path]:
        """The image files of `case`, one a channel."""
        return [self.image_path(case, channel) for channel in range(len(self.channels))]

    def label_path(self, case: str, folder: str | Path = CLEAN_LABELS) -> Path:
        """Mask of `case` in `folder`: a folder of this data set by name, or any other by its path."""
        return self.root / folder / f"{case}{ENDING}"

    def noisy_folder(self, level: str, seed: int) -> Path:
        """Where the masks corrupted at `level` with `seed` stand (whether or not they exist)."""
        return self.root / f"{CLEAN_LABELS}_noisy_{level}_s{seed}"


def write_dataset_files(
    root: Path,
    *,
    name: str,
    channels: Sequence[str],
    labels: dict[str, int],
    splits: dict[str, list[str]],
    spacing_unit: str,
    how: dict[str, Any],
    source: dict[str, Any],
    groups: dict[str, str] | None = None,
    values: Sequence[int] = (),
) -> None:
    """Write dataset.json (nnU-Net's keys, `spacing_unit`, `source`, `groups`, `mask_values`) and splits.json (`how`).

    channels: names, in the order of the files' numbers. groups: case -> patient or lesion, where it is known. values:
    see `Dataset.values`, where they are not the labels themselves.
    """
    if spacing_unit not in SPACING_UNITS:
        raise ConfigError(f"spacing unit {spacing_unit!r} is not one of {', '.join(SPACING_UNITS)}")
    info = {
        "name": name,
        "channel_names": {str(number): name for number, name in enumerate(channels)},
        "labels": labels,
        "numTraining": sum(len(cases) for cases in splits.values()),
        "file_ending": ENDING,
        "spacing_unit": spacing_unit,
        "source": source,
    }
    if groups:
        info["groups"] = groups
    if list(values) not in ([], list(labels.values())):
        info["mask_values"] = dict(zip(labels, values, strict=True))
    write_json(root / "dataset.json", info)
    write_json(root / "splits.json", {**{name: splits[name] for name in SPLITS}, "how": how})


def _labels(value: Any, faults: list[str]) -> dict[str, int]:
    fine = isinstance(value, dict) and all(isinstance(number, int) for number in value.values())
    if not fine or value.get("background") != 0:
        faults.append(f"dataset.json: labels {value!r} is no table of name: number with background: 0")
        return {}
    numbers = sorted(number for name, number in value.items() if name != "background")
    if len(numbers) == 1 and numbers[0] > 0:
        return dict(value)
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or numbers[-1] > MAX_CLASSES:
        faults.append(f"dataset.json: labels {value!r} must number the classes 1, 2, ... up to {MAX_CLASSES}")
        return {}
    return dict(value)


def _check_mask_values(value: Any, labels: dict[str, int], faults: list[str]) -> None:
    if value is None:
        return
    fine = isinstance(value, dict) and value.keys() == labels.keys()
    if not fine or len({number for number in value.values() if isinstance(number, int)}) < len(labels):
        faults.append(f"dataset.json: mask_values {value!r} gives no whole number of its own to each of the labels")


def _channels(value: Any, faults: list[str]) -> list[str]:
    numbers = [str(number) for number in range(len(value))] if isinstance(value, dict) else []
    if not numbers or set(numbers) != set(value) or not all(isinstance(name, str) for name in value.values()):
        faults.append(f"dataset.json: channel_names {value!r} is no table of numbers from 0 and names")
        return []
    return [value[number] for number in numbers]


def _groups(info: dict[str, Any], splits: dict[str, Any], faults: list[str]) -> dict[str, str]:
    how = splits.get("how")
    groups = info.get("groups", how.get("groups") if isinstance(how, dict) else None) or {}
    if not isinstance(groups, dict) or not all(isinstance(group, str) for group in groups.values()):
        faults.append("dataset.json: groups is no table of case: group, both text")
        return {}
    return groups


def _case_ids(split: str, value: Any, faults: list[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(case, str) for case in value):
        faults.append(f"splits.json: {split} {value!r} is not a list of case ids")
        return []
    strange = [case for case in value if not plain_case_id(case)]
    if strange:
        faults.append(f"splits.json: {split}: {', '.join(map(repr, strange))} cannot be file names")
    return value


def plain_case_id(case: str) -> bool:
    """Whether a case id can be a file name: not empty, no separator, not hidden, no control character."""
    return bool(case) and case.isprintable() and not case.startswith(".") and not set(case) & set("/\\:")
