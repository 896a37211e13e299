"""ISIC 2019 (dermoscopy, 8 diagnoses): images and one-hot table -> prepared set, resized once."""

import csv
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from data_prep.class_split import SplitShares, split_classes
from data_prep.picture_source import open_pictures, read_all
from data_prep.split import read_columns
from l2b_cls.image_set import ImageSet
from l2b_cls.label_table import SPLITS
from l2b_cls.write_image_set import require_free, write_image_set
from l2b_run.errors import ConfigError, DataError
from l2b_run.hashing import sha256_file

UNUSED = "UNK"
_SHOWN = 12

Say = Callable[[str], None]


def prepare_isic2019(
    images: Path | str,
    labels: Path | str,
    out: Path | str,
    *,
    size: int,
    split: SplitShares | Mapping[str, Path],
    metadata: Path | str | None = None,
    skip_absent: bool = False,
    workers: int = 2,
    say: Say = lambda line: None,
) -> ImageSet:
    """Images (folder or zip of .jpg) and ISIC_2019_Training_GroundTruth.csv -> prepared set of `size` x `size`.

    A label is the column of the row's 1.0; a class without a single image is left out, said so. split: shares to
    draw, or lists, split -> file with an image id a line (the paper's train.lst, val.lst, test.lst). metadata:
    ISIC_2019_Training_Metadata.csv, whose lesion_id becomes the group; a drawn split never parts a lesion, and lists
    that do are said so. skip_absent: rows and list entries without an image are counted and left out instead of being
    a fault.

    Raises ConfigError (`out` taken, size, shares) and DataError with all that is wrong in tables and lists.
    """
    out, labels = Path(out), Path(labels)
    require_free(out)
    if not 8 <= size <= 4096:
        raise ConfigError(f"--size {size}: 8 to 4096 pixels")
    source = open_pictures(images, option="--images")
    files = {PurePosixPath(name).stem: name for name in source.names}
    number_of, classes = read_one_hot(labels)
    absent: list[str] = []
    faults: list[str] = []
    cases = _present(list(number_of), files, labels, absent)
    split_of = {} if isinstance(split, SplitShares) else _read_lists(split, number_of, files, absent, faults)
    _settle(absent, faults, skip_absent, say)
    lesions = _lesions(metadata, cases, say)
    if not isinstance(split, SplitShares):
        if outside := len(set(cases) - split_of.keys()):
            say(f"{outside} images stand in no list and are left out")
        cases = [case for case in cases if case in split_of]
    if not cases:
        raise DataError(f"{labels}: no image of {images} is in it and in a list")
    groups = [lesions.get(case, "") for case in cases]
    numbers, classes = _occurring(np.array([number_of[case] for case in cases]), classes, say)
    if isinstance(split, SplitShares):
        parts = split_classes(numbers, groups, split)
        how = f"test {split.test:g}, val {split.val:g}, seed {split.seed}, lesions kept together"
    else:
        parts = np.array([split_of[case] for case in cases])
        how = "lists: " + ", ".join(path.name for path in split.values())
        _say_parted(groups, parts, say)
    return write_image_set(
        out,
        name="ISIC 2019",
        images=read_all(
            source, [files[case] for case in cases], channels=3, size=(size, size), workers=workers, say=say
        ),
        labels=numbers,
        split=parts,
        classes=classes,
        names=cases,
        groups=groups,
        source={"dataset": "ISIC 2019", "labels": labels.name, "labels_sha256": sha256_file(labels), "split": how},
    )


def read_one_hot(path: Path) -> tuple[dict[str, int], list[str]]:
    """Image id -> class number, and the classes: the columns after `image`, without UNK where it is empty.

    Raises DataError with every line that has not exactly one 1.0.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            header, *rows = list(csv.reader(handle, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table ({error})") from error
    if len(header) < 3 or header[0] != "image" or not rows:
        raise DataError(f"{path}: needs a header line image,MEL,NV,... and rows below it")
    number_of: dict[str, int] = {}
    faults = []
    for line, row in enumerate(rows, 2):
        try:
            values = [float(cell) for cell in row[1:]]
        except ValueError:
            values = []
        if len(values) != len(header) - 1 or sorted(values) != [0.0] * (len(header) - 2) + [1.0]:
            faults.append(f"line {line}: {','.join(row)[:80]!r} has not exactly one 1.0 in {len(header) - 1} columns")
        elif row[0] in number_of:
            faults.append(f"line {line}: {row[0]} stands twice")
        else:
            number_of[row[0]] = values.index(1.0)
    if faults:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise DataError(f"{path}:\n  " + "\n  ".join(faults[:_SHOWN] + more))
    classes = header[1:]
    if classes[-1] == UNUSED and len(classes) - 1 not in number_of.values():
        classes = classes[:-1]
    return number_of, classes


def find_lists(folder: Path) -> dict[str, Path]:
    """Split -> folder/SPLIT.lst; DataError without train.lst and test.lst."""
    found = {split: folder / f"{split}.lst" for split in SPLITS if (folder / f"{split}.lst").is_file()}
    if absent := [f"{split}.lst" for split in ("train", "test") if split not in found]:
        raise DataError(f"--lists {folder}: no {' and no '.join(absent)} in it")
    return found


def _present(ids: list[str], files: Mapping[str, str], where: Path, absent: list[str]) -> list[str]:
    """The ids with an image; a line to `absent` about the others."""
    missing = [case for case in ids if case not in files]
    if missing:
        absent.append(f"{where}: {len(missing)} of {len(ids)} entries have no image: {_some(missing)}")
    return [case for case in ids if case in files]


def _settle(absent: list[str], faults: list[str], skip_absent: bool, say: Say) -> None:
    """Raise what is wrong with table and lists, all in one; with `skip_absent` entries without image are only said."""
    way_out = ["give all images, or leave entries without one out with --skip-absent"] if absent else []
    found = faults if skip_absent else [*faults, *absent, *way_out]
    if found:
        raise DataError("labels and lists cannot be used:\n  " + "\n  ".join(found))
    for line in absent:
        say(f"left out: {line}")


def _lesions(metadata: Path | str | None, cases: list[str], say: Say) -> dict[str, str]:
    if metadata is None:
        say("warning: several images may show one lesion, and without --metadata stand in two parts of the split")
        return {}
    table = read_columns(Path(metadata), "image", "lesion_id", empty_value=True)
    if absent := [case for case in cases if case not in table]:
        raise DataError(f"{metadata}: {len(absent)} images are not in it: {_some(absent)}")
    return table


def _read_lists(
    lists: Mapping[str, Path],
    number_of: Mapping[str, int],
    files: Mapping[str, str],
    absent: list[str],
    faults: list[str],
) -> dict[str, str]:
    """Image id -> split, for those with an image; every entry must have a label and stand once, in one list."""
    split_of: dict[str, str] = {}
    seen: set[str] = set()
    for split, path in lists.items():
        try:
            ids = [case.removesuffix(".jpg") for case in path.read_text(encoding="utf-8-sig").split()]
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{path}: cannot be read ({error})")
            continue
        if twice := [case for case, count in Counter(ids).items() if count > 1 or case in seen]:
            faults.append(f"{path}: twice in it, or in another list as well: {_some(twice)}")
        if unknown := [case for case in ids if case in files and case not in number_of]:
            faults.append(f"{path}: {len(unknown)} entries without a label: {_some(unknown)}")
        seen.update(ids)
        split_of |= dict.fromkeys(_present(ids, files, path, absent), split)
    return split_of


def _occurring(numbers: np.ndarray, classes: list[str], say: Say) -> tuple[np.ndarray, list[str]]:
    """Class numbers and names without the classes that no image has."""
    held = np.unique(numbers)
    if empty := [name for number, name in enumerate(classes) if number not in held]:
        say(f"{', '.join(empty)}: no image, so no class of this set")
    return np.searchsorted(held, numbers), [classes[number] for number in held]


def _say_parted(groups: list[str], parts: np.ndarray, say: Say) -> None:
    places: dict[str, set[str]] = {}
    for group, part in zip(groups, parts.tolist(), strict=True):
        if group:
            places.setdefault(group, set()).add(part)
    if parted := sum(len(where) > 1 for where in places.values()):
        say(f"warning: {parted} lesions have images in two parts of the lists; what is learned of one leaks")


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
