"""labels.csv of a prepared set: number, name, label, split, group, and a column for each further label set."""

import csv
import re
import sys
from collections.abc import Iterable, Sized
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.files.atomic import write_text
from l2b_data.files.table import table_text

SPLITS = ("train", "val", "test")
META = "meta"  # a split of training samples whose labels the user vouches for
PARTS = (*SPLITS, META)
ABSENT = -1  # an image without a label in a further label set: an empty cell
_FIXED = ("index", "name", "label", "split", "group")
_FILE = "file"
_NUMBER = re.compile(r"-?[0-9]{1,9}")  # what fits into the array, and more classes than anyone has


@dataclass(frozen=True)
class LabelTable:
    """The columns, all of one length N; `files` is None where the images stand in one array."""

    labels: np.ndarray
    split: np.ndarray
    names: list[str]
    groups: list[str]
    given: dict[str, np.ndarray]
    files: list[str] | None

    @classmethod
    def empty(cls) -> "LabelTable":
        return cls(np.empty(0, np.int64), np.empty(0, np.str_), [], [], {}, None)

    def faults(self, classes: int) -> list[str]:
        """What is wrong with it, a line each; labels out of [0, classes) are listed with their rows."""
        found = []
        columns: dict[str, Sized] = {"split": self.split, "name": self.names, "group": self.groups, **self.given}
        if self.files is not None:
            columns[_FILE] = self.files
        wrong = {name: len(column) for name, column in columns.items() if len(column) != len(self.labels)}
        found += [f"{count} entries in {name} for {len(self.labels)} labels" for name, count in wrong.items()]
        if not len(self.labels):
            found.append("no image")
        lowest = {"label": (self.labels, 0), **{name: (column, ABSENT) for name, column in self.given.items()}}
        for name, (column, least) in lowest.items():
            rows = np.flatnonzero((column < least) | (column >= classes))
            if len(rows):
                listed = ", ".join(f"{column[row]} (image {row})" for row in rows[:5])
                found.append(f"{name} out of range 0 to {classes - 1} in {len(rows)} rows: {listed}")
        if strange := sorted(set(self.split.tolist()) - set(PARTS)):
            found.append(f"split {', '.join(map(repr, strange[:5]))}: one of {', '.join(PARTS)}")
        if taken := sorted(self.given.keys() & {*_FIXED, _FILE}):
            found.append(f"further label set {', '.join(taken)}: the name is taken by a column of the table")
        return found


def write_label_table(path: Path, table: LabelTable) -> None:
    """Write the table, which has no faults, as UTF-8 .csv."""
    columns: dict[str, list[str]] = {
        "index": [str(number) for number in range(len(table.labels))],
        "name": table.names,
        "label": [str(label) for label in table.labels.tolist()],
        "split": table.split.tolist(),
        "group": table.groups,
    }
    if table.files is not None:
        columns[_FILE] = table.files
    for name, column in table.given.items():
        columns[name] = ["" if label == ABSENT else str(label) for label in column.tolist()]
    write_text(path, table_text(list(columns), zip(*columns.values(), strict=True)))


def read_label_table(path: Path, *, classes: int, faults: list[str]) -> LabelTable:
    """Read the table; what is wrong goes to `faults`, a line each, with the line of the file."""
    found: list[str] = []
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle, strict=True)
            header = next(reader, [])
            if missing := [name for name in _FIXED if name not in header]:
                found.append(f"no column {', '.join(missing)}")
            elif len(set(header)) < len(header):
                found.append("two columns of one name")
            else:
                table = _table(_columns(header, reader, found), found)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found.append(f"cannot be read as a table: {error}")
    if not found:
        found += table.faults(classes)
    faults += [f"{path.name}: {fault}" for fault in found]
    return table if not found else LabelTable.empty()


def _columns(header: list[str], rows: Iterable[list[str]], faults: list[str]) -> dict[str, list[str]]:
    """Cells by column. Labels and splits repeat a million times in a large set, so each is kept once in memory."""
    columns: dict[str, list[str]] = {name: [] for name in header}
    place = header.index("index")
    for number, row in enumerate(rows):
        if len(row) != len(header):
            faults.append(f"line {number + 2}: {len(row)} cells instead of {len(header)}")
        elif row[place] != str(number):
            faults.append(f"line {number + 2}: index {row[place]!r} instead of {number}")
        else:
            for name, cell in zip(header, row, strict=True):
                if name != "index":
                    columns[name].append(cell if name in ("name", _FILE) else sys.intern(cell))
    return columns


def _table(columns: dict[str, list[str]], faults: list[str]) -> LabelTable:
    return LabelTable(
        labels=_numbers("label", columns["label"], faults),
        split=np.asarray(columns["split"], np.str_),
        names=columns["name"],
        groups=columns["group"],
        given={
            name: _numbers(name, [cell or str(ABSENT) for cell in cells], faults)
            for name, cells in columns.items()
            if name not in (*_FIXED, _FILE)
        },
        files=columns.get(_FILE),
    )


def _numbers(name: str, cells: list[str], faults: list[str]) -> np.ndarray:
    wrong = [number for number, cell in enumerate(cells) if not _NUMBER.fullmatch(cell)]
    faults += [f"line {number + 2}: {name} {cells[number]!r} is no whole number" for number in wrong[:5]]
    return np.asarray([] if wrong else [int(cell) for cell in cells], np.int64)
