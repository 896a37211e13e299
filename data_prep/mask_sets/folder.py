"""Folders of images and masks -> prepared data set: 2-D pictures and volumes of any readable kind."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from data_prep.own_cases.image_pairs import find_pairs
from data_prep.own_cases.label_values import LabelValues
from data_prep.own_cases.prepared_cases import Plan, write_prepared
from data_prep.own_cases.split import SplitOptions, group_cases
from l2b_data.cases.dataset import Dataset


def prepare_folder(
    images: Sequence[str],
    labels: str,
    out: Path | str,
    *,
    split: SplitOptions,
    groups_file: Path | None = None,
    group_regex: str | None = None,
    label_values: LabelValues | None = None,
    channels: Sequence[str] | None = None,
    spacing_unit: str = "auto",
    exclude: Sequence[str] = (),
    grey: bool = False,
    given: str | None = None,
    merge_masks: bool = False,
    name: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Dataset:
    """Pair images and masks by case id (see `find_pairs`), split by group, and write the prepared data set `out`.

    The masks are "given": those of train cases may be wrong, those of meta and test cases count as clean. groups_file
    and group_regex: see `group_cases`. channels: names, one a channel. Cases in `exclude` are left out; `grey` reads
    colour pictures as grey. merge_masks: CASE_mask_1, ... are united with CASE_mask, else refused. given: folder or
    pattern of the masks to train on, where `labels` are clean: those of train cases go to `labelsTr_given`, as `train
    --labels labelsTr_given` takes them. `name` defaults to the name of `out`.

    Raises ConfigError, and DataError with the faults of all cases.
    """
    cases, faults = find_pairs(images, labels, exclude=exclude, merge=merge_masks, say=say)
    groups, without = group_cases(list(cases), file=groups_file, regex=group_regex)
    given_masks = None
    if given is not None:
        paired, _ = find_pairs(images, given, exclude=exclude)
        given_masks = {case: raw.label for case, raw in paired.items()}
    files = {"images": list(images), "labels": labels, "given": given, "excluded": list(exclude)}
    plan = Plan(name or Path(out).name, split, {"dataset": "folder", **files}, groups, channels, label_values)
    plan = replace(plan, spacing_unit=spacing_unit, grey=grey, given=given_masks)
    return write_prepared(out, cases, plan, faults=[*faults, *without], say=say)
