"""noisy_labels.csv of a run: which label every training sample was given, and the clean one where it is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_text
from l2b_data.files.shorten import first_lines
from l2b_data.files.table import read_csv_rows, table_text

COLUMNS = ["index", "clean", "given"]
KIND = "kind"
"""A fourth column, where mistakes were planted: which one, empty for none."""


@dataclass(frozen=True)
class NoisyLabelTable:
    """Rows of noisy_labels.csv, int64 (n,) each: index in the data set, clean label (-1: not known), given label.

    kind: (n,) str, the mistake planted in each label, "" for none; None where no mistakes were planted.
    """

    index: np.ndarray
    clean: np.ndarray
    given: np.ndarray
    kind: np.ndarray | None = None


def write_noisy_labels(
    path: Path, *, index: np.ndarray, clean: np.ndarray, given: np.ndarray, kind: np.ndarray | None = None
) -> None:
    """Write the columns (n,) as .csv with a header, in the order they come; whole or not at all."""
    named = dict(zip(COLUMNS, (index, clean, given), strict=True)) | ({} if kind is None else {KIND: kind})
    rows = zip(*(column.tolist() for column in named.values()), strict=True)
    write_text(path, table_text(list(named), rows))


def read_noisy_labels(path: Path) -> NoisyLabelTable:
    """Read what `write_noisy_labels` wrote; no rows give empty columns.

    Raises DataError where the file cannot be read, its header is another, or a line is not three whole numbers, with a
    kind where the header has one (the first of such lines are listed).
    """
    header, rows = read_csv_rows(path)
    if header not in (COLUMNS, [*COLUMNS, KIND]):
        raise DataError(f"{path}: the first line is not {','.join(COLUMNS)}; it is written by a training run")
    and_kind = " and a kind" if KIND in header else ""
    values, kinds, faults = [], list[str](), []
    for number, row in rows:
        try:
            if len(row) != len(header):
                raise ValueError
            values.append([np.int64(int(cell)) for cell in row[: len(COLUMNS)]])
            kinds += row[len(COLUMNS) :]
        except (ValueError, OverflowError):
            faults.append(f"line {number}: {','.join(row)!r} is not three whole numbers{and_kind}")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, 8)))
    table = np.array(values, dtype=np.int64).reshape(-1, 3)
    index, clean, given = (np.ascontiguousarray(table[:, column]) for column in range(3))
    return NoisyLabelTable(index, clean, given, np.array(kinds, np.str_) if KIND in header else None)
