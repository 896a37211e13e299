"""A prepared data set on disk: the nnU-Net raw layout, a split, and noisy copies of the training masks beside it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l2b_run.atomic import write_json
from l2b_run.errors import ConfigError, DataError

SPLITS = ("train", "meta", "test")
SPACING_UNITS = ("mm", "voxel")
CLEAN_LABELS = "labelsTr"
ENDING = ".nii.gz"


@dataclass(frozen=True)
class Dataset:
    """Where everything of a prepared data set lies.

    splits: case ids for "train", "meta" (the few cases known to be clean) and "test". labels: name -> value with
    background 0. spacing_unit: "mm" where the spacing is known, else "voxel": distances are then counted in voxels.
    info: the whole of dataset.json.
    """

    root: Path
    splits: dict[str, list[str]]
    labels: dict[str, int]
    spacing_unit: str
    info: dict[str, Any] = field(repr=False)

    @classmethod
    def open(cls, path: Path | str) -> "Dataset":
        """Read dataset.json and splits.json; all faults in one `DataError`. Images are not opened."""
        root = Path(path)
        if not root.is_dir():
            raise DataError(f"{root}: no such folder; make a prepared data set with `l2b-seg prepare`")
        faults: list[str] = []
        info = _read_json(root / "dataset.json", faults)
        splits = _read_json(root / "splits.json", faults)
        labels = _labels(info.get("labels"), faults) if info else {}
        unit = info.get("spacing_unit", "mm")
        if unit not in SPACING_UNITS:
            faults.append(f"dataset.json: spacing_unit {unit!r} is not one of {', '.join(SPACING_UNITS)}")
        if info and info.get("file_ending", ENDING) != ENDING:
            faults.append(f"dataset.json: file_ending {info['file_ending']!r} is not {ENDING}")
        cases = {name: _case_ids(name, splits.get(name), faults) for name in SPLITS} if splits else {}
        if faults:
            raise DataError(f"{root} is no prepared data set:\n  " + "\n  ".join(faults))
        return cls(root, cases, labels, unit, info)

    @property
    def cases(self) -> list[str]:
        """All case ids: train, meta, test, in that order."""
        return [case for name in SPLITS for case in self.splits[name]]

    def image_path(self, case: str) -> Path:
        return self.root / "imagesTr" / f"{case}_0000{ENDING}"

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
    channel: str,
    labels: dict[str, int],
    splits: dict[str, list[str]],
    spacing_unit: str,
    how: dict[str, Any],
    source: dict[str, Any],
) -> None:
    """Write dataset.json (nnU-Net's keys, and `spacing_unit` and `source`) and splits.json (and `how` it was made)."""
    if spacing_unit not in SPACING_UNITS:
        raise ConfigError(f"spacing unit {spacing_unit!r} is not one of {', '.join(SPACING_UNITS)}")
    info = {
        "name": name,
        "channel_names": {"0": channel},
        "labels": labels,
        "numTraining": sum(len(cases) for cases in splits.values()),
        "file_ending": ENDING,
        "spacing_unit": spacing_unit,
        "source": source,
    }
    write_json(root / "dataset.json", info)
    write_json(root / "splits.json", {**{name: splits[name] for name in SPLITS}, "how": how})


def _read_json(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        faults.append(f"{path.name} is missing")
        return {}
    except (OSError, ValueError) as error:
        faults.append(f"{path.name} cannot be read: {error}")
        return {}
    if not isinstance(value, dict) or not value:
        faults.append(f"{path.name} holds no JSON object")
        return {}
    return value


def _labels(value: Any, faults: list[str]) -> dict[str, int]:
    fine = isinstance(value, dict) and all(isinstance(number, int) for number in value.values())
    if not fine or value.get("background") != 0:
        faults.append(f"dataset.json: labels {value!r} is no table of name: number with background: 0")
        return {}
    return dict(value)


def _case_ids(split: str, value: Any, faults: list[str]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(case, str) for case in value):
        faults.append(f"splits.json: {split} {value!r} is not a list of case ids")
        return []
    strange = [case for case in value if not plain_case_id(case)]
    if strange:
        faults.append(f"splits.json: {split}: {_join(strange)} cannot be file names")
    return value


def plain_case_id(case: str) -> bool:
    """Whether a case id can be a file name: not empty, no separator, not hidden, no control character."""
    return bool(case) and case.isprintable() and not case.startswith(".") and not set(case) & set("/\\:")


def _join(names: Iterable[object]) -> str:
    return ", ".join(repr(name) for name in names)
