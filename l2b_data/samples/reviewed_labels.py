"""A table of reviewed labels: what a reader of an audit left, or anyone's names and labels of the training samples."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.shorten import first_lines, first_names
from l2b_data.files.table import read_csv_rows, write_table
from l2b_data.review.manifest import excluded_by
from l2b_data.samples.image_set import ImageSet

TABLE = "labels.csv"
COLUMNS = ("name", "label", "given", "decision")
_SHOWN = 8


@dataclass(frozen=True)
class ReviewedLabels:
    """Labels of the N samples of a set after a review.

    labels: (N,) int64, the reviewed ones where there are, else the set's own. reviewed: (N,) bool, where there are.
    excluded: (N,) bool, samples that must not be used.
    """

    path: Path
    labels: np.ndarray = field(repr=False)
    reviewed: np.ndarray = field(repr=False)
    excluded: np.ndarray = field(repr=False)


def write_reviewed_labels(folder: Path, rows: Iterable[Mapping[str, str]]) -> None:
    """Write TABLE into `folder`: a row a sample that is not excluded, with COLUMNS; labels by the names of classes."""
    write_table(folder / TABLE, rows, COLUMNS)


def read_reviewed_labels(path: Path, images: ImageSet) -> ReviewedLabels:
    """Read the folder of a review, or a .csv with the columns name and label; other columns are not read.

    Samples are found by their names in the set, labels are names of its classes. What is excluded the manifest of the
    folder says. Raises DataError with all faults: columns, names that are unknown, twice there or not unique in the
    set, labels that are no class.
    """
    file = path / TABLE if path.is_dir() else path
    if not file.is_file():
        raise DataError(f"--labels {path}: no folder of a review and no .csv with the columns name and label")
    header, rows = read_csv_rows(file)
    if absent := [name for name in COLUMNS[:2] if header.count(name) != 1]:
        raise DataError(f"{file}: no column {' and '.join(absent)} of its own in its first line")
    name, label = (header.index(column) for column in COLUMNS[:2])
    if short := [line for line, row in rows if len(row) != len(header)]:
        raise DataError(f"{file}: line {short[0]}: another number of cells than the first line's {len(header)}")
    cells = [(line, row[name], row[label]) for line, row in rows]
    excluded = excluded_by(file.parent)
    faults = [*_faults(cells, images), *_name_faults([*(of for _, of, _ in cells), *excluded], images)]
    if faults:
        raise DataError(f"{file}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    numbers = {name: number for number, name in enumerate(images.names)}
    labels, reviewed, left_out = images.labels.copy(), np.zeros(len(images), bool), np.zeros(len(images), bool)
    for _, of, given in cells:
        labels[numbers[of]], reviewed[numbers[of]] = images.classes.index(given), True
    left_out[[numbers[of] for of in excluded]] = True
    return ReviewedLabels(path, labels, reviewed, left_out)


def _faults(cells: list[tuple[int, str, str]], images: ImageSet) -> list[str]:
    classes = f"the classes are {first_names(images.classes, _SHOWN)}"
    return [
        f"line {line}: {name}: label {label!r}: {classes}" for line, name, label in cells if label not in images.classes
    ]


def _name_faults(names: list[str], images: ImageSet) -> list[str]:
    """Names that stand for no sample of the set, for several, or stand twice."""
    counts, there = Counter(names), Counter(images.names)
    found = {
        f"no sample of {images.root}": [name for name in counts if not there[name]],
        f"a name of several samples of {images.root}": [name for name in counts if there[name] > 1],
        "there twice (or excluded as well)": [name for name, count in counts.items() if count > 1],
    }
    return [f"{what}: {first_names(wrong, _SHOWN)}" for what, wrong in found.items() if wrong]
