"""Medical Segmentation Decathlon layout (dataset.json with training pairs) -> prepared data set."""

from collections.abc import Callable
from pathlib import Path

from data_prep.dataset_json import channel_names, inside, label_table, read_dataset_json
from data_prep.image_pairs import RawCase
from data_prep.label_values import LabelValues
from data_prep.prepared_cases import Plan, write_prepared
from data_prep.split import SplitOptions, group_cases
from l2b_run.errors import DataError
from l2b_seg.dataset import Dataset, plain_case_id
from l2b_seg.image_files import file_stem


def prepare_msd(
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
    """Read `folder`/dataset.json and its "training" pairs; the modalities of a 4-D image become channels.

    Images listed under "test" have no masks and are left out. `label_values` replaces the labels of dataset.json.
    groups_file and group_regex: see `group_cases`.

    Raises ConfigError, and DataError with the faults of dataset.json or of all cases.
    """
    folder = Path(folder)
    path = folder / "dataset.json"
    info = read_dataset_json(folder)
    pairs = info.get("training")
    if not isinstance(pairs, list) or not pairs:
        hint = "; this looks like nnU-Net's layout: use `prepare nnunet`" if "channel_names" in info else ""
        raise DataError(f"{path}: no list of training pairs{hint}")
    cases: dict[str, RawCase] = {}
    faults: list[str] = []
    for number, pair in enumerate(pairs):
        try:
            case, raw = _pair(folder, pair, path)
        except DataError as error:
            faults.append(f"training pair {number}: {error}")
            continue
        if case in cases:
            faults.append(f"{case}: stands twice in {path}")
        cases[case] = raw
    if info.get("test"):
        say(f"{len(info['test'])} test images without masks are left out")
    groups, without = group_cases(list(cases), file=groups_file, regex=group_regex)
    plan = Plan(
        name=str(info.get("name") or folder.name),
        split=split,
        source={"dataset": "msd", "folder": str(folder)},
        groups=groups,
        channels=channel_names(info, "modality", path),
        label_values=label_values or label_table(info, path),
        spacing_unit=spacing_unit,
    )
    return write_prepared(out, cases, plan, faults=[*faults, *without], say=say)


def _pair(folder: Path, pair: object, path: Path) -> tuple[str, RawCase]:
    if not isinstance(pair, dict):
        raise DataError(f"{path}: {pair!r} has no image and label")
    raw = RawCase((inside(folder, pair.get("image"), path),), inside(folder, pair.get("label"), path))
    case = file_stem(raw.images[0])
    if not plain_case_id(case):
        raise DataError(f"{path}: {case!r} cannot be a case id")
    return case, raw
