"""The dataset.json of other layouts, read with nothing taken on trust."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from data_prep.own_cases.label_values import LabelValues, named_values
from l2b_data.errors import DataError


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
