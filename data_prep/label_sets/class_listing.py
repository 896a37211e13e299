"""Images and their classes as a user keeps them: class folders, or a table of files and labels."""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path, PurePosixPath

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hidden import visible_files
from l2b_data.files.shorten import counted, first_lines, first_names
from l2b_data.files.table import read_csv_rows
from l2b_data.files.unicode_form import composed
from l2b_data.images.picture_8bit import PICTURE_SUFFIXES, is_picture, printable_name
from l2b_data.samples.label_table import ABSENT, META, PARTS

_PUBLISHED = {  # HAM10000_metadata and the like
    "file": ("image_id", "image", "image_name", "filename"),
    "label": ("dx", "diagnosis"),
    "group": ("lesion_id", "patient_id"),
}
_SPLIT_NAMES = {"train": "train", META: META, "val": "val", "valid": "val", "validation": "val", "test": "test"}
_NO_LABEL = ("", "nan", "na", "null", "none")  # what tables write where there is nothing
_SHOWN = 20


@dataclass(frozen=True)
class Listing:
    """Images (paths below a folder, "/" between parts) and their class names, all of one length.

    split: None where nobody said. groups: "" for none. given: further label sets, "" where an image has none.
    """

    files: list[str]
    labels: list[str]
    split: list[str] | None = None
    groups: list[str] = field(default_factory=list)
    given: Mapping[str, list[str]] = field(default_factory=dict)

    def without(self, files: Container[str]) -> "Listing":
        """The listing but for these files."""
        kept = [file not in files for file in self.files]

        def of(values: list[str]) -> list[str]:
            return list(compress(values, kept))

        split = None if self.split is None else of(self.split)
        given = {name: of(values) for name, values in self.given.items()}
        return Listing(of(self.files), of(self.labels), split, of(self.groups), given)


def list_class_folders(source: Path) -> Listing:
    """source/CLASS/**, or source/SPLIT/CLASS/** where all folders are train, meta, val (valid, validation) or test.

    Hidden files and folders (`is_hidden`) are not seen.

    Raises DataError: no class folder, a split level without train or test, images beside the class folders, names
    that are not UTF-8.
    """
    found = (path for path in visible_files(source, deep=True) if is_picture(path))
    files = sorted(composed(path.relative_to(source).as_posix()) for path in found)
    if not files:
        raise DataError(f"{source}: no image in it ({', '.join(PICTURE_SUFFIXES)})")
    if strange := [printable_name(file) for file in files if file != printable_name(file)]:
        raise DataError(f"{source}: {len(strange)} names are not UTF-8; rename them: {first_names(strange, 5)}")
    parts = [PurePosixPath(file).parts for file in files]
    by_split = all(len(part) > 1 and part[0].lower() in _SPLIT_NAMES for part in parts)
    level = 1 if by_split else 0
    outside = [file for file, part in zip(files, parts, strict=True) if len(part) < level + 2]
    if outside:
        place = "SPLIT/CLASS" if by_split else "CLASS"
        raise DataError(f"{source}: {counted(len(outside), 'image')} in no folder {place}: {first_names(outside, 5)}")
    labels = [part[level] for part in parts]
    if not by_split:
        return Listing(files, labels)
    split = [_SPLIT_NAMES[part[0].lower()] for part in parts]
    if absent := {"train", "test"} - set(split):
        there = ", ".join(sorted({part[0] for part in parts}))
        raise DataError(
            f"{source}: folders {there}, but no {' or '.join(sorted(absent))}; "
            "add it, or name the folder above the classes to have the parts drawn"
        )
    return Listing(files, labels, split)


def list_table(
    path: Path, source: Path, *, given: Sequence[str] = (), say: Callable[[str], None] = lambda line: None
) -> Listing:
    """A .csv with the columns file, label and, as they like, split and group; and the label sets named in `given`.

    Published tables are read by the names of their columns: image_id, dx and lesion_id (HAM10000) among others. Files
    are relative to `source`, and must lie below it; a name without suffix, or without its folders, is the one image it
    fits. Raises DataError with every line at fault: files that do not
    exist, lead out of `source` or stand twice, empty labels, splits of another name, more cells than columns.
    """
    header, rows = read_csv_rows(path)
    renamed = {}
    for name, others in _PUBLISHED.items():
        if name not in header and (other := next((one for one in others if one in header), None)):
            renamed[other] = name
    if renamed and not {"file", "label"} - {*header, *renamed.values()}:
        header = [renamed.get(name, name) for name in header]
        say(f"{path}: read is " + ", ".join(f"{other} as {name}" for other, name in renamed.items()))
    needed = ("file", "label", *given)
    twice = sorted({name for name in header if header.count(name) > 1})
    missing = [name for name in needed if name not in header]
    if not rows or twice or missing:
        what = f"two columns {', '.join(twice)}" if twice else f"no column {', '.join(missing)}"
        needs = (
            "needs a header line with file,label[,split,group] (or image_id,dx[,lesion_id], as HAM10000) and rows "
            f"below it; it holds {first_names(header, _SHOWN)}"
        )
        raise DataError(f"{path}: {what if rows else 'no rows'}; {needs}")
    quote = f"cells, the header has {len(header)}: quote a cell that holds a comma"
    found = [(line, f"{len(row)} {quote}") for line, row in rows if len(row) > len(header)]
    cells = {
        name: [row[place].strip() if place < len(row) else "" for _, row in rows] for place, name in enumerate(header)
    }
    numbers = [line for line, _ in rows]
    cells["file"], absent = _resolve(cells["file"], numbers, source)
    found += absent + _row_faults(cells, numbers)
    if found:
        faults = [f"line {line}: {fault}" for line, fault in sorted(found)]
        raise DataError(f"{path}: {counted(len(faults), 'fault')}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    further = {name: cells[name] for name in given}
    return Listing(cells["file"], cells["label"], cells.get("split"), cells.get("group", []), further)


def number_classes(
    listing: Listing, names: Sequence[str] | None, *, where: str
) -> tuple[np.ndarray, dict[str, np.ndarray], list[str]]:
    """Labels (n,) int64, further label sets (-1 for none), and class names.

    Without `names` the classes are those that occur in the labels, sorted (numbers by their value). With names, labels
    are names or, where all of them are whole numbers, numbers from 0.

    Raises ConfigError for fewer than two names or names twice; DataError for labels that are no class.
    """
    if names is not None and (len(names) < 2 or len(set(names)) < len(names)):
        raise ConfigError(f"--class-names {','.join(names)}: at least two, each once")
    held = sorted(set(listing.labels))
    numeric = all(re.fullmatch(r"-?\d+", label) for label in held)
    if names is None:
        classes = sorted(held, key=int) if numeric else held
        number_of = {name: number for number, name in enumerate(classes)}
        expected = f"the classes {first_names(classes, 8)}"
    else:
        classes = list(names)
        numbered = numeric and not set(held) <= set(classes)
        number_of = {str(number) if numbered else name: number for number, name in enumerate(classes)}
        expected = f"class numbers 0 to {len(classes) - 1}" if numbered else f"--class-names {','.join(classes)}"
    if len(classes) < 2:
        raise DataError(f"{where}: one class, {classes[0]}; a classifier needs two")
    faults = []
    for column, cells in {"label": listing.labels, **listing.given}.items():
        wrong = [place for place, cell in enumerate(cells) if cell not in number_of and (cell or column == "label")]
        if wrong:
            listed = first_names([f"{cells[place]!r} ({listing.files[place]})" for place in wrong], 5)
            faults.append(f"{column}: {counted(len(wrong), 'image')} out of {expected}: {listed}")
    if faults:
        raise DataError(f"{where}:\n  " + "\n  ".join(faults))
    given = {
        column: np.array([number_of.get(cell, ABSENT) for cell in cells], np.int64)
        for column, cells in listing.given.items()
    }
    return np.array([number_of[label] for label in listing.labels], np.int64), given, classes


def _resolve(names: Sequence[str], lines: Sequence[int], source: Path) -> tuple[list[str], list[tuple[int, str]]]:
    """The files that a column names, paths below `source`, and (line, fault) of those that are not there."""
    files = [composed(path.relative_to(source).as_posix()) for path in visible_files(source, deep=True)]
    there, short = set(files), defaultdict[str, list[str]](list)
    for file in filter(is_picture, files):
        for name in {file.rsplit(".", 1)[0], PurePosixPath(file).name, PurePosixPath(file).stem} - {file}:
            short[name].append(file)
    resolved, faults = list[str](), list[tuple[int, str]]()
    for line, name in zip(lines, names, strict=True):
        path = PurePosixPath(name)
        file = path.as_posix()
        if file not in there and len(short[file]) == 1:
            file = short[file][0]
        resolved.append(file)
        if not name or path.is_absolute() or ".." in path.parts:
            faults.append((line, f"file {name!r} is no path below {source}"))
        elif file not in there:
            several = f"; it fits {first_names(short[file], 3)}" if short[file] else ""
            faults.append((line, f"file {name} is not in {source}{several}"))
    return resolved, faults


def _row_faults(cells: Mapping[str, list[str]], lines: Sequence[int]) -> list[tuple[int, str]]:
    found, seen = list[tuple[int, str]](), set[str]()
    for number, file in zip(lines, cells["file"], strict=True):
        if file in seen:
            found.append((number, f"file {file} stands twice"))
        seen.add(file)
    labels, splits = (zip(lines, cells.get(name, []), strict=False) for name in ("label", "split"))
    found += [(number, f"label {label!r} is none") for number, label in labels if label.lower() in _NO_LABEL]
    wanted = ", ".join(PARTS)
    return found + [(number, f"split {split!r} is none of {wanted}") for number, split in splits if split not in PARTS]
