"""predictions.csv of a run or an evaluation: what the network says of every evaluated sample."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.shorten import first_lines
from l2b_data.files.table import read_csv_rows

PREDICTIONS = "predictions.csv"
_FIRST = ["index", "name", "label"]
_SHOWN = 8
_MOST = 1 << 53  # numbers up to here are exact in float64, as which the rows are read


@dataclass(frozen=True)
class PredictionTable:
    """n evaluated samples: index in the data set and label, (n,) int64 each; probabilities (n, K) float64."""

    path: Path
    index: np.ndarray = field(repr=False)
    names: list[str] = field(repr=False)
    labels: np.ndarray = field(repr=False)
    probabilities: np.ndarray = field(repr=False)

    @property
    def predicted(self) -> np.ndarray:
        """(n,) int64, the class of the largest probability, of equal ones the first."""
        return self.probabilities.argmax(1)


def read_predictions(path: Path) -> PredictionTable:
    """Read a predictions.csv: columns index, name, label, p_0 ... p_(K-1), a row a sample.

    Raises DataError where it is absent, has other columns, a sample twice, no row, or lines that are no numbers or
    name a label that is no class (the first of them are listed).
    """
    if not path.exists():
        raise DataError(f"{path}: no such file; give the folder of a finished run or evaluation")
    header, rows = read_csv_rows(path)
    classes = len(header) - len(_FIRST)
    if classes < 2 or header != [*_FIRST, *(f"p_{number}" for number in range(classes))]:
        raise DataError(f"{path}: its columns are not {','.join(_FIRST)},p_0,p_1,...; a finished run has such a file")
    values, faults = list[list[float]](), list[str]()
    for number, row in rows:
        if (fault := _fault(row, classes)) is None:
            values.append([float(text) for text in (row[0], *row[2:])])
        else:
            faults.append(f"line {number}: {fault}")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    if not values:
        raise DataError(f"{path}: no sample in it")
    table = np.array(values, float)
    index = table[:, 0].astype(np.int64)
    if len(np.unique(index)) < len(index):
        raise DataError(f"{path}: names a sample twice")
    return PredictionTable(path, index, [row[1] for _, row in rows], table[:, 1].astype(np.int64), table[:, 2:])


def _fault(row: list[str], classes: int) -> str | None:
    """What is wrong with a line; None where nothing is."""
    if len(row) != len(_FIRST) + classes:
        return f"{len(row)} columns instead of {len(_FIRST) + classes}"
    try:
        index, label = int(row[0]), int(row[2])
        probabilities = [float(text) for text in row[3:]]
    except ValueError as error:
        return str(error)
    if not 0 <= index < _MOST or not 0 <= label < classes:
        return f"sample {index} with label {label}: neither may be negative, labels are below {classes}"
    if not all(math.isfinite(value) for value in probabilities):
        return "a probability that is no number"
    return None
