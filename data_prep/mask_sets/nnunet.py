"""nnU-Net's raw layout (imagesTr, labelsTr, dataset.json; any file ending) -> prepared data set."""

from functools import partial
from pathlib import Path
from typing import Any

from data_prep.own_cases.described_layout import Layout, prepare_described
from data_prep.own_cases.image_pairs import find_pairs
from data_prep.own_cases.prepared_cases import Say
from l2b_data.errors import DataError


def read_nnunet(folder: Path, info: dict[str, Any], say: Say) -> Layout:
    """imagesTr and labelsTr; other file endings than .nii.gz are converted.

    imagesTs has no masks to test against and is left out.
    """
    path = folder / "dataset.json"
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
    return Layout("nnunet", cases, "channel_names", faults)


prepare_nnunet = partial(prepare_described, read_nnunet)
"""`prepare_described` of this layout."""
