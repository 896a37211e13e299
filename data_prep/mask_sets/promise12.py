"""PROMISE12 (T2 prostate MR with gland masks): challenge files -> prepared data set.

Split by case id: PROMISE12_data_split.mat of the L2B and MLB-Seg releases (37 train, 3 meta, 10 test cases).
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.fetch.archive import extracted_beside
from data_prep.fetch.download import DEFAULT_BASE_URL, download
from data_prep.mask_sets.promise12_files import CaseFiles, find_cases, is_case_file, read_case, source_hashes
from l2b_data.cases.dataset import ENDING, SPACING_UNITS, Dataset, write_dataset_files
from l2b_data.cases.measure_fingerprint import store_fingerprint
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_folder
from l2b_data.images.volume import write_volume

ARCHIVE_NAME = "training_data.zip"
ARCHIVE_MD5 = "f6d23994117c989daf07e5291edd0aea"
ARCHIVE_URL = "/records/8026660/files/training_data.zip"
SPLIT_MODES = ("official", "random")
UNIT_MODES = ("auto", *SPACING_UNITS)

_TRAIN = (
    "45 09 41 22 01 17 08 21 18 27 11 47 30 38 44 36 07 32 03 06 46 04 40 24 42 39 25 19 02 33 26 00 10 37 15 31 48"
)
_META = "29 14 05"
_TEST = "16 35 34 49 23 12 28 43 20 13"
PUBLISHED_SPLIT: dict[str, list[str]] = {
    "train": [f"Case{number}" for number in _TRAIN.split()],
    "meta": [f"Case{number}" for number in _META.split()],
    "test": [f"Case{number}" for number in _TEST.split()],
}
_PUBLISHED_CASES = sorted(case for cases in PUBLISHED_SPLIT.values() for case in cases)
_SPLIT_STREAM = 1  # a generator of its own, so that other draws from the same seed do not shift the split

Say = Callable[[str], None]


def prepare_promise12(
    sources: Sequence[Path | str],
    out: Path | str,
    *,
    split: str = "official",
    seed: int = 0,
    test_cases: int = 8,
    spacing_unit: str = "auto",
    say: Say = lambda line: None,
) -> Dataset:
    """Turn folders (nested or not) and zips with CaseNN.mhd and CaseNN_segmentation.mhd into a prepared data set.

    split "official" takes the published split; where none of its test cases is present, `test_cases` of the training
    cases are held out by a draw seeded with `seed`. "random" draws 3 meta and `test_cases` test cases from all.
    spacing_unit "auto" is "voxel" where any header has no spacing or exactly 1 1 1, else "mm". `say` takes lines for
    the user. Masks become uint8 0/1. Nothing is left behind on an error; `DataError` lists the faults of all cases.
    """
    out = Path(out)
    _check_arguments(sources, out, split, test_cases, spacing_unit)
    with ExitStack() as stack:
        cases = find_cases([_open_source(Path(source), out, stack) for source in sources])
        splits, how = make_split(list(cases), mode=split, seed=seed, test_cases=test_cases)
        if absent := [case for case in _PUBLISHED_CASES if case not in cases]:
            say(f"{len(absent)} of the 50 published cases are not in the source: {', '.join(absent)}")
        say(f"split: {how['text']}")
        folder = stack.enter_context(atomic_folder(out))
        hashes, known = _write_cases(cases, folder, say)
        write_dataset_files(
            folder,
            name="PROMISE12",
            channels=["T2"],
            labels={"background": 0, "prostate": 1},
            splits=splits,
            spacing_unit=_spacing_unit(spacing_unit, known, say),
            how=how,
            source={"dataset": "promise12", "sha256": hashes, "absent_cases": absent},
        )
        store_fingerprint(folder)
    return Dataset.open(out)


def fetch_promise12(
    folder: Path | str, *, base_url: str = DEFAULT_BASE_URL, md5: str = ARCHIVE_MD5, say: Say = lambda line: None
) -> Path:
    """Download training_data.zip of zenodo record 8026660 into `folder`; resumes, checks the md5, returns the path."""
    path = Path(folder) / ARCHIVE_NAME
    download(base_url.rstrip("/") + ARCHIVE_URL, path, md5=md5, say=say)
    return path


def _check_arguments(sources: Sequence[Path | str], out: Path, split: str, test_cases: int, unit: str) -> None:
    faults = []
    if not sources:
        faults.append("no source: name a folder or zips with --source, or use --download")
    if split not in SPLIT_MODES:
        faults.append(f"--split {split}: one of {', '.join(SPLIT_MODES)}")
    if unit not in UNIT_MODES:
        faults.append(f"--spacing-unit {unit}: one of {', '.join(UNIT_MODES)}")
    if test_cases < 1:
        faults.append(f"--test-cases {test_cases}: at least 1")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        faults.append(f"--out {out}: already there and not empty; choose another folder or remove it")
    if faults:
        raise ConfigError("prepare promise12: " + "; ".join(faults))


def _open_source(source: Path, out: Path, stack: ExitStack) -> Path:
    """The folder of a source; a zip goes into a temporary folder beside `out` (that disk must hold the data anyway)."""
    if source.is_dir():
        return source
    if not source.exists():
        raise DataError(f"--source {source}: no such file or folder")
    if source.suffix.lower() != ".zip":
        raise DataError(f"--source {source}: neither a folder nor a .zip")
    return stack.enter_context(extracted_beside(out, source, keep=is_case_file))[0]


def make_split(
    cases: Sequence[str], *, mode: str, seed: int, test_cases: int
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Case ids -> ({"train", "meta", "test"}, how it was made). Each part sorted; a pure function of the arguments."""
    rng = np.random.default_rng([seed, _SPLIT_STREAM])
    cases = sorted(cases)
    if mode == "random":
        drawn = [cases[index] for index in rng.permutation(len(cases))]
        parts = {"meta": drawn[:3], "test": drawn[3 : 3 + test_cases], "train": drawn[3 + test_cases :]}
        how = {"mode": "random", "seed": seed, "text": f"drawn at random with seed {seed}"}
    else:
        parts = {name: [case for case in cases if case in ids] for name, ids in PUBLISHED_SPLIT.items()}
        how = {"mode": "official", "text": "published split by case id"}
        if not parts["test"]:
            drawn = [parts["train"][index] for index in rng.permutation(len(parts["train"]))]
            parts.update(test=drawn[:test_cases], train=drawn[test_cases:])
            text = f"none of the 10 published test cases is present: {test_cases} of the published training cases"
            how = {
                "mode": "official train and meta, test held out",
                "seed": seed,
                "text": f"{text}, drawn with seed {seed}, are held out as test ({', '.join(sorted(parts['test']))})",
            }
    if not parts["train"] or not parts["test"]:
        raise ConfigError(f"{len(cases)} cases leave no training case beside 3 meta and {test_cases} test cases")
    return {name: sorted(parts[name]) for name in ("train", "meta", "test")}, how


def _write_cases(cases: dict[str, CaseFiles], folder: Path, say: Say) -> tuple[dict[str, str], list[bool]]:
    """Write imagesTr and labelsTr; returns sha256 of every source file by name, and whether each case has a spacing."""
    (folder / "imagesTr").mkdir()
    (folder / "labelsTr").mkdir()
    hashes, known, faults = dict[str, str](), list[bool](), list[str]()
    for number, (case, files) in enumerate(cases.items(), 1):
        try:
            image, mask = read_case(case, files)
        except DataError as error:
            faults.append(str(error))
            continue
        known.append(image.spacing_known and not np.array_equal(image.spacing_mm, (1, 1, 1)))
        hashes.update(source_hashes(files))
        if not faults:
            write_volume(image, folder / "imagesTr" / f"{case}_0000{ENDING}")
            write_volume(mask, folder / "labelsTr" / f"{case}{ENDING}")
            say(f"[{number}/{len(cases)}] {case} {'x'.join(map(str, image.array.shape))}")
    if faults:
        raise DataError(f"{len(faults)} of {len(cases)} cases cannot be used:\n  " + "\n  ".join(faults))
    return hashes, known


def _spacing_unit(mode: str, known: list[bool], say: Say) -> str:
    if mode != "auto":
        return mode
    if all(known):
        return "mm"
    say(
        f"warning: {known.count(False)} of {len(known)} headers have no spacing or exactly 1 1 1: the true spacing is "
        "unknown, so distances will be counted in voxels (--spacing-unit mm overrides)"
    )
    return "voxel"
