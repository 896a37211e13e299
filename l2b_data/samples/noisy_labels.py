"""noisy_labels.csv of a run: which label every training sample was given, and the clean one where it is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_text
from l2b_data.files.shorten import first_lines
from l2b_data.files.table import read_csv_rows, table_text

COLUMNS = ["index", "clean", "given"]


@dataclass(frozen=True)
class NoisyLabelTable:
    """Rows of noisy_labels.csv, int64 (n,) each: index in the data set, clean label (-1: not known), given label."""

    index: np.ndarray
    clean: np.ndarray
    given: np.ndarray


def write_noisy_labels(path: Path, *, index: np.ndarray, clean: np.ndarray, given: np.ndarray) -> None:
    """Write the three columns (n,) as .csv with a header, in the order they come; whole or not at all."""
    write_text(path, table_text(COLUMNS, zip(index.tolist(), clean.tolist(), given.tolist(), strict=True)))


def read_noisy_labels(path: Path) -> NoisyLabelTable:
    """Read what `write_noisy_labels` wrote; no rows give empty columns.

    Raises DataError where the file cannot be read, its header is another, or a line is not three whole numbers
    (the first of such lines are listed).
    """
    header, rows = read_csv_rows(path)
    if header != COLUMNS:
        raise DataError(f"{path}: the first line is not {','.join(COLUMNS)}; it is written by a training run")
    values, faults = [], []
    for number, row in rows:
        try:
            index, clean, given = (np.int64(int(cell)) for cell in row)
            values.append((index, clean, given))
        except (ValueError, OverflowError):
            faults.append(f"line {number}: {','.join(row)!r} is not three whole numbers")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, 8)))
    table = np.array(values, dtype=np.int64).reshape(-1, 3)
    return NoisyLabelTable(*(np.ascontiguousarray(table[:, column]) for column in range(3)))
