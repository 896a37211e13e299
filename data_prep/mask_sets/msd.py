"""Medical Segmentation Decathlon layout (dataset.json with training pairs) -> prepared data set."""

from functools import partial
from pathlib import Path
from typing import Any

from data_prep.own_cases.described_layout import Layout, inside, prepare_described
from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.prepared_cases import Say
from l2b_data.cases.dataset import plain_case_id
from l2b_data.errors import DataError
from l2b_data.images.image_files import file_stem


def read_msd(folder: Path, info: dict[str, Any], say: Say) -> Layout:
    """The "training" pairs of dataset.json; the modalities of a 4-D image become channels.

    Images listed under "test" have no masks and are left out.
    """
    path = folder / "dataset.json"
    pairs = info.get("training")
    if not isinstance(pairs, list) or not pairs:
        hint = "; this looks like nnU-Net's layout: use `prepare nnunet`" if "channel_names" in info else ""
        raise DataError(f"{path}: no list of training pairs{hint}")
    cases, faults = dict[str, RawCase](), list[str]()
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
    return Layout("msd", cases, "modality", faults)


prepare_msd = partial(prepare_described, read_msd)
"""`prepare_described` of this layout."""


def _pair(folder: Path, pair: object, path: Path) -> tuple[str, RawCase]:
    if not isinstance(pair, dict):
        raise DataError(f"{path}: {pair!r} has no image and label")
    raw = RawCase((inside(folder, pair.get("image"), path),), inside(folder, pair.get("label"), path))
    case = file_stem(raw.images[0])
    if not plain_case_id(case):
        raise DataError(f"{path}: {case!r} cannot be a case id")
    return case, raw
