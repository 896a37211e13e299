"""nnU-Net's raw layout (imagesTr, labelsTr, dataset.json; any file ending) -> prepared data set."""

from collections.abc import Callable
from pathlib import Path

from data_prep.dataset_json import channel_names, label_table, read_dataset_json
from data_prep.image_pairs import find_pairs
from data_prep.label_values import LabelValues
from data_prep.prepared_cases import Plan, write_prepared
from data_prep.split import SplitOptions, group_cases
from l2b_run.errors import DataError
from l2b_seg.dataset import Dataset


def prepare_nnunet(
    folder: Path | str,
    out: Path | str,
    *,
    split: SplitOptions,
    groups_file: Path | None = None,
    group_regex: str | None = None,
    label_values: LabelValues | None = None,
    spacing_unit: str = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> Dataset:
    """Read `folder`/dataset.json, imagesTr and labelsTr; other file endings than .nii.gz are converted.

    imagesTs has no masks to test against and is left out. `label_values` replaces the labels of dataset.json, and must
    where these are regions or hold an ignore label. groups_file and group_regex: see `group_cases`.

    Raises ConfigError, and DataError with the faults of all cases.
    """
    folder = Path(folder)
    path = folder / "dataset.json"
    info = read_dataset_json(folder)
    if "channel_names" not in info:
        hint = "; this looks like the Decathlon's layout: use `prepare msd`" if "training" in info else ""
        raise DataError(f"{path}: no channel_names{hint}")
    if "dataset" in info:
        raise DataError(f'{path}: files listed under "dataset" are not read; put them into imagesTr and labelsTr')
    cases, faults = find_pairs([str(folder / "imagesTr")], str(folder / "labelsTr"), say=say)
    if info.get("numTraining") not in (None, len(cases)):
        say(f"warning: {path} counts {info['numTraining']} training cases, found are {len(cases)}")
    if (folder / "imagesTs").is_dir():
        say(f"{folder / 'imagesTs'} is left out: test cases are held out of imagesTr, whose masks are there")
    groups, without = group_cases(list(cases), file=groups_file, regex=group_regex)
    plan = Plan(
        name=str(info.get("name") or folder.name),
        split=split,
        source={"dataset": "nnunet", "folder": str(folder)},
        groups=groups,
        channels=channel_names(info, "channel_names", path),
        label_values=label_values or label_table(info, path),
        spacing_unit=spacing_unit,
    )
    return write_prepared(out, cases, plan, faults=[*faults, *without], say=say)
