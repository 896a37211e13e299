"""A folder described by its dataset.json -> prepared data set: what the Decathlon's and nnU-Net's layouts share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_prep.own_cases.dataset_json import channel_names, label_table
from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.label_values import LabelValues
from data_prep.own_cases.prepared_cases import Plan, Say, write_prepared
from data_prep.own_cases.split import SplitOptions, group_cases
from l2b_data.cases.dataset import Dataset
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
