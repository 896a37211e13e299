"""A folder described by its dataset.json -> prepared data set: what the Decathlon's and nnU-Net's layouts share.

dataset.json is read with nothing taken on trust.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.label_values import LabelValues, named_values
from data_prep.own_cases.prepared_cases import Plan, Say, write_prepared
from data_prep.own_cases.split import SplitOptions, group_cases
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object


@dataclass(frozen=True)
class Layout:
    """What a layout's reader finds: its name, case -> files, where dataset.json names the channels, and the faults."""

    kind: str
    cases: dict[str, RawCase]
    channel_key: str
    faults: list[str] = field(default_factory=list)


ReadLayout = Callable[[Path, dict[str, Any], Say], Layout]
"""(folder, its dataset.json, say) -> what is there; DataError where dataset.json is of another kind."""


def prepare_described(
    read: ReadLayout,
    folder: Path | str,
    out: Path | str,
    *,
    split: SplitOptions,
    groups_file: Path | None = None,
    group_regex: str | None = None,
    label_values: LabelValues | None = None,
    spacing_unit: str = "auto",
    say: Say = lambda line: None,
) -> Dataset:
    """Write what `read` finds in `folder` as the prepared data set `out`.

    `label_values` replaces the labels of dataset.json, and must where these are regions or hold an ignore label.
    groups_file and group_regex: see `group_cases`.

    Raises ConfigError, and DataError with the faults of dataset.json or of all cases.
    """
    folder = Path(folder)
    path = folder / "dataset.json"
    info = read_json_object(path, way_out="name the folder that holds dataset.json")
    found = read(folder, info, say)
    groups, without = group_cases(list(found.cases), file=groups_file, regex=group_regex)
    plan = Plan(
        name=str(info.get("name") or folder.name),
        split=split,
        source={"dataset": found.kind, "folder": str(folder)},
        groups=groups,
        channels=channel_names(info, found.channel_key, path),
        label_values=label_values or label_table(info, path),
        spacing_unit=spacing_unit,
    )
    return write_prepared(out, found.cases, plan, faults=[*found.faults, *without], say=say)


def channel_names(info: Mapping[str, Any], key: str, path: Path) -> list[str]:
    """Names under `key` ("modality" or "channel_names"), {"0": "T2", "1": "ADC"} -> ["T2", "ADC"]."""
    table = info.get(key)
    if not isinstance(table, dict) or sorted(table) != sorted(map(str, range(len(table)))) or not table:
        raise DataError(f'{path}: {key} {table!r} is no table like {{"0": "T2", "1": "ADC"}}')
    names = [str(table[str(index)]) for index in range(len(table))]
    return names if len(set(names)) == len(names) else [f"{name} {index}" for index, name in enumerate(names)]


def label_table(info: Mapping[str, Any], path: Path) -> LabelValues:
    """Its "labels", as nnU-Net has them, {"background": 0, "gland": 1}, or the Decathlon, {"0": "background", ...}."""
    table = info.get("labels")
    way_out = "give the labels with --label-values background=0,gland=1"
    if not isinstance(table, dict) or not table:
        raise DataError(f"{path}: labels {table!r} is no table; {way_out}")
    if all(key.isdecimal() for key in table):
        table = {str(name): int(value) for value, name in table.items()}
    if "ignore" in table:
        raise DataError(f"{path}: an ignore label ({table['ignore']}) is not read; {way_out} and say what it becomes")
    if not all(isinstance(value, int) for value in table.values()):
        raise DataError(f"{path}: labels made of several values (regions) are not read; {way_out}")
    try:
        return named_values(table)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def inside(folder: Path, name: object, path: Path) -> Path:
    """A file named in dataset.json, which must lie in `folder`; `DataError` for a path that leads out of it."""
    relative = PurePosixPath(name) if isinstance(name, str) else PurePosixPath()
    if not isinstance(name, str) or relative.is_absolute() or ".." in relative.parts or "\\" in name or not name:
        raise DataError(f"{path}: {name!r} is not a path inside {folder}")
    return folder / relative
