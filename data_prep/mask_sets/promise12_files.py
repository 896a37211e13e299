"""The challenge's files: CaseNN.mhd and CaseNN_segmentation.mhd, each with a .raw or .zraw beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.files.hidden import visible_files
from l2b_data.files.shorten import few
from l2b_data.images.volume import Volume, read_volume

_FILE = re.compile(r"(case\d{2})(_segmentation)?\.(mhd|raw|zraw)", re.IGNORECASE)


@dataclass(frozen=True)
class CaseFiles:
    """Header files of one case; None where the file was not found."""

    image: Path | None
    mask: Path | None


def is_case_file(name: str) -> bool:
    """Whether a plain file name is one of the challenge's training files."""
    return _FILE.fullmatch(name) is not None


def find_cases(folders: Sequence[Path]) -> dict[str, CaseFiles]:
    """Case id ("Case07") -> its header files, in the order of the ids; `DataError` for none or for one found twice."""
    found: dict[tuple[str, bool], Path] = {}
    faults = []
    for folder in folders:
        for path in visible_files(folder, deep=True):
            match = _FILE.fullmatch(path.name)
            if match is None or path.suffix.lower() != ".mhd":
                continue
            key = (match.group(1).capitalize(), bool(match.group(2)))
            if key in found:
                faults.append(f"{path.name} stands twice: {found[key]} and {path}")
            found.setdefault(key, path)
    if not found:
        names = ", ".join(str(folder) for folder in folders)
        raise DataError(f"{names}: no CaseNN.mhd found; give the folder (or zips) of the PROMISE12 training data")
    if faults:
        raise DataError("the sources hold a case more than once:\n  " + "\n  ".join(faults))
    cases = sorted({case for case, _ in found})
    return {case: CaseFiles(found.get((case, False)), found.get((case, True))) for case in cases}


def read_case(case: str, files: CaseFiles) -> tuple[Volume, Volume]:
    """Image and 0/1 uint8 mask of one case on one grid; `DataError` naming the case and all that is wrong with it."""
    if files.image is None or files.mask is None:
        absent, there = ("image", files.mask) if files.image is None else ("mask", files.image)
        raise DataError(f"{case}: no {absent} beside {there}")
    image, mask = read_volume(files.image), read_volume(files.mask)
    faults = [f"image and mask differ in {fault}" for fault in image.same_grid(mask)]
    if not np.isfinite(image.array).all():
        faults.append("the image holds NaN or infinite values")
    values = np.unique(mask.array)
    if not np.isin(values, (0, 1)).all() and not (len(values) <= 2 and 0 in values):
        shown = few([f"{value:g}" for value in values], 8)
        faults.append(f"the mask holds {len(values)} values ({shown}) instead of two")
    if faults:
        raise DataError(f"{case} ({files.image}): " + "; ".join(faults))
    array = image.array if image.array.dtype.kind != "b" else image.array.astype(np.uint8)
    return image.with_array(array), image.with_array((mask.array > 0).astype(np.uint8))


def source_hashes(files: CaseFiles) -> dict[str, str]:
    """File name -> sha256 of every file of a case, headers and data."""
    hashes = {}
    for header in (files.image, files.mask):
        if header is not None:
            data = [header.with_suffix(suffix) for suffix in (".raw", ".zraw")]
            hashes.update({path.name: sha256_file(path) for path in (header, *data) if path.is_file()})
    return hashes
