"""Lesion segmentation on dermoscopy images (ISIC 2018 / 2019, HAM10000): pictures and masks -> prepared data set.

The challenge's layout: ISIC_0024306.jpg and ISIC_0024306_segmentation.png, in folders or zips; the masks may have
another resolution than the pictures. Metadata: ISIC_2019_Training_Metadata.csv (image, lesion_id) or
HAM10000_metadata (image_id, lesion_id).
"""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from data_prep.fetch.archive import archive_names, extracted_beside
from data_prep.own_cases.image_pairs import RawCase
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.prepared_cases import Plan, write_prepared
from data_prep.own_cases.split import SplitOptions, read_columns
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hidden import visible_files
from l2b_data.files.shorten import counted

LABEL_VALUES = "background=0,lesion=255"
_IMAGE = re.compile(r"(ISIC_\d{7}(?:_downsampled)?)\.jpe?g", re.IGNORECASE)
_MASK = re.compile(r"(ISIC_\d{7}(?:_downsampled)?)_segmentation\.png", re.IGNORECASE)
_LIMIT_STREAM = 5

Say = Callable[[str], None]


def prepare_isic_lesions(
    images: Path,
    masks: Path,
    out: Path | str,
    *,
    split: SplitOptions,
    metadata: Path | None = None,
    limit: int | None = None,
    say: Say = lambda line: None,
) -> Dataset:
    """Pair pictures and masks (folders or zips) by their ISIC number, grouped by `lesion_id` of the metadata.

    Pictures without a mask and masks without a picture are counted and left out. Masks are brought onto their
    picture's grid: lesion where at least half of the pixel is. limit: that many cases, whole lesions drawn with the
    split's seed. Raises ConfigError, and DataError with the faults of all cases.
    """
    out = Path(out)
    if limit is not None and limit < 1:
        raise ConfigError(f"--limit {limit}: at least 1")
    found = {"image": _find(images, _IMAGE, "--images"), "mask": _find(masks, _MASK, "--masks")}
    cases = sorted(found["image"].keys() & found["mask"].keys())
    for kind, other in (("image", "mask"), ("mask", "image")):
        if alone := len(found[kind].keys() - found[other].keys()):
            say(f"{alone} of {len(found[kind])} {kind}s have no {other} and are left out")
    if not cases:
        raise DataError(f"no picture of {images} has a mask in {masks}")
    groups = _lesions(metadata, cases, say)
    if limit is not None:
        cases = _draw(cases, groups, limit, split.seed)
    plan = Plan(
        name="ISIC lesions",
        split=split,
        source={"dataset": "isic-lesions", "images": images.name, "masks": masks.name},
        groups=groups,
        channels=("R", "G", "B"),
        label_values=parse_label_values(LABEL_VALUES),
        fit_masks=True,
    )
    with ExitStack() as stack:
        files = {
            kind: _files(source, {case: found[kind][case] for case in cases}, out, stack)
            for kind, source in (("image", images), ("mask", masks))
        }
        pairs = {case: RawCase((files["image"][case],), files["mask"][case]) for case in cases}
        return write_prepared(out, pairs, plan, say=say)


def _find(source: Path, pattern: re.Pattern[str], option: str) -> dict[str, str]:
    """ISIC number -> plain file name in a folder (searched to its depth) or zip."""
    if source.is_dir():
        names = [path.name for path in visible_files(source, deep=True)]
    elif source.is_file() and source.suffix.lower() == ".zip":
        names = archive_names(source)
    else:
        raise DataError(f"{option} {source}: neither a folder nor a .zip")
    found: dict[str, str] = {}
    twice = []
    for name in names:
        if match := pattern.fullmatch(name):
            if match[1] in found:
                twice.append(name)
            found[match[1]] = name
    if twice:
        raise DataError(f"{option} {source}: holds more than once: {', '.join(twice[:12])}")
    if not found:
        raise DataError(f"{option} {source}: no file named like {pattern.pattern}")
    return found


def _lesions(metadata: Path | None, cases: list[str], say: Say) -> dict[str, str]:
    if metadata is None:
        say("warning: several images may show one lesion; without --metadata they can stand in two parts of the split")
        return {}
    if not metadata.is_file():
        raise DataError(f"--metadata {metadata}: no such file")
    with open(metadata, encoding="utf-8-sig", errors="replace") as handle:
        key = "image_id" if "image_id" in handle.readline() else "image"
    table = read_columns(metadata, key, "lesion_id", empty_value=True)
    if absent := [case for case in cases if case not in table]:
        raise DataError(f"{metadata}: {counted(len(absent), 'image')} not in it: {', '.join(absent[:12])}")
    return {case: table[case] for case in cases if table[case]}


def _draw(cases: list[str], groups: Mapping[str, str], limit: int, seed: int) -> list[str]:
    """`limit` cases or a few less: drawn lesions, each with all its images."""
    members: dict[str, list[str]] = {}
    for case in cases:
        members.setdefault(groups.get(case, case), []).append(case)
    names = list(members)
    drawn: list[str] = []
    for index in np.random.default_rng([seed, _LIMIT_STREAM]).permutation(len(names)):
        if len(drawn) + len(members[names[index]]) <= limit:
            drawn += members[names[index]]
    return sorted(drawn)


def _files(source: Path, names: Mapping[str, str], out: Path, stack: ExitStack) -> dict[str, Path]:
    """ISIC number -> file; those of a zip are extracted beside `out`, whose disk must hold the data anyway."""
    if source.is_dir():
        there = {path.name: path for path in visible_files(source, deep=True)}
    else:
        wanted = set(names.values())
        _, paths = stack.enter_context(extracted_beside(out, source, keep=wanted.__contains__))
        there = {path.name: path for path in paths}
    return {case: there[name] for case, name in names.items()}
