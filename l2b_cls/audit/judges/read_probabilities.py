"""Class probabilities that some network gave the samples of a set, from a file that anyone can write."""

import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.shorten import first_lines, first_names
from l2b_data.files.table import read_csv_rows
from l2b_data.files.unicode_form import composed
from l2b_data.samples.image_set import ImageSet

FORMS = (
    "a .csv (first column a sample's name or index, then one column a class, named as the class; or what `l2b-cls "
    "predict` writes), or an .npz with "
    "`probabilities` (samples, classes) and, where they are not the training samples in their order, `index` or `names`"
)
TOLERANCE = 0.02
"""How far from 1 the probabilities of a sample may sum: what rounding to few digits leaves."""

_SHOWN = 8


@dataclass(frozen=True)
class _Table:
    """values: (m, K) float64, a column a class of the set. where: a row in words. keys: (m,) names or numbers."""

    path: Path
    values: np.ndarray
    where: Sequence[str]
    keys: Sequence[str] | Sequence[int]


def read_probabilities(path: Path, images: ImageSet, index: np.ndarray) -> np.ndarray:
    """Probabilities (n, K) float64, rows sum to 1, that a file gives the samples `index` (n,) of the set.

    The file is one of FORMS. Columns are matched with the classes by name, where they have names: a header of the .csv,
    `classes` (K,) of the .npz, each NAME or p_NAME; numbers 0 to K - 1, or p_0 to p_(K-1), are the classes' places.
    Rows of further samples of the set are not read. Nothing in the file is executed.
    Raises DataError with the first of what is wrong: a file that is none of these, columns that are not the classes, a
    sample that is missing, there twice or unknown, a row that is not finite, below 0 or does not sum to 1 within
    TOLERANCE. Rows are divided by their sum.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; give {FORMS}")
    if path.suffix.lower() not in (".csv", ".npz"):
        raise DataError(f"{path}: neither .csv nor .npz; give {FORMS}")
    table = _read_csv(path, images) if path.suffix.lower() == ".csv" else _read_npz(path, images, index)
    numbers = _numbers(table, images, index)
    faults = [*_value_faults(table, images, numbers, index), *_sample_faults(table, images, numbers, index)]
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    place = {number: row for row, number in enumerate(numbers)}
    found = table.values[[place[number] for number in index.tolist()]]
    return found / found.sum(1, keepdims=True)


def _read_csv(path: Path, images: ImageSet) -> _Table:
    header, rows = read_csv_rows(path)
    first = 2 if header[1:2] == ["predicted"] and "predicted" not in images.classes else 1  # `predict` names the class
    columns = _class_columns(path, header[first:], images.classes)
    keys, where, values, faults = list[str](), list[str](), list[list[float]](), list[str]()
    for line, row in rows:
        try:
            if len(row) != len(header):
                raise ValueError(f"{len(row)} columns instead of {len(header)}")
            values.append([float(cell) for cell in row[first:]])
            keys.append(row[0])
            where.append(f"line {line}")
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise DataError(f"{path}:\n  " + "\n  ".join(first_lines(faults, _SHOWN)))
    table = np.array(values, np.float64).reshape(len(values), len(header) - first)[:, columns]
    strangers = not set(keys) & set(images.names) and all(_is_number(key) for key in keys)
    if header[0].strip().lower() == "index" or strangers:
        if wrong := [line for line, key in zip(where, keys, strict=True) if not _is_number(key)]:
            raise DataError(f"{path}: {wrong[0]}: its index is no whole number; call the first column `name` for names")
        return _Table(path, table, where, [int(key) for key in keys])
    return _Table(path, table, where, keys)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _read_npz(path: Path, images: ImageSet, index: np.ndarray) -> _Table:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("probabilities", "index", "names", "classes") if name in file}
    except (OSError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: cannot be read as an .npz of plain arrays ({error}); give {FORMS}") from error
    values = arrays.get("probabilities")
    if values is None or values.ndim != 2 or values.dtype.kind != "f":
        said = "it has none" if values is None else f"got {values.shape} {values.dtype}"
        raise DataError(f"{path}: `probabilities` (samples, classes), float: {said}")
    if "classes" in arrays:
        named = [str(name) for name in arrays["classes"].reshape(-1).tolist()]
        if len(named) != values.shape[1]:
            raise DataError(f"{path}: `classes` has {len(named)} names for {values.shape[1]} columns")
        values = values[:, _class_columns(path, named, images.classes)]
    if values.shape[1] != len(images.classes):
        raise DataError(f"{path}: {values.shape[1]} columns, {images.root} has {len(images.classes)} classes")
    keys: list[str] | list[int] = index.tolist()
    if "index" in arrays and arrays["index"].dtype.kind in "iu":
        keys = arrays["index"].reshape(-1).tolist()
    elif "names" in arrays and arrays["names"].dtype.kind == "U":
        keys = arrays["names"].reshape(-1).tolist()
    elif kind := next((name for name in ("index", "names") if name in arrays), None):
        raise DataError(f"{path}: `{kind}` is {arrays[kind].dtype}; `index` has whole numbers, `names` texts")
    if len(keys) != len(values):
        way_out = "give as many, or `index` or `names` of the rows"
        raise DataError(f"{path}: {len(values)} rows of `probabilities` for {len(keys)} samples; {way_out}")
    return _Table(path, values.astype(np.float64), [f"row {row}" for row in range(len(values))], keys)


def _class_columns(path: Path, named: Sequence[str], classes: Sequence[str]) -> list[int]:
    """For each class its place among the columns `named`; DataError where they are not the classes."""
    named = [name.strip() for name in named]
    numbers = [str(n) for n in range(len(classes))]
    for wanted in (list(classes), numbers, [f"p_{n}" for n in numbers], [f"p_{name}" for name in classes]):
        if sorted(named) == sorted(wanted):
            return [named.index(name) for name in wanted]
    absent = first_names([name for name in classes if name not in named], _SHOWN)
    strange = first_names([name for name in named if name not in classes], _SHOWN)
    twice = first_names([name for name, count in Counter(named).items() if count > 1], _SHOWN)
    told = [
        f"{what}: {names}" for what, names in (("missing", absent), ("no class", strange), ("twice", twice)) if names
    ]
    raise DataError(f"{path}: its columns are not the {len(classes)} classes of the set; {'; '.join(told)}")


def _numbers(table: _Table, images: ImageSet, index: np.ndarray) -> list[int]:
    """Of each row the number of its sample; -1 where the set has none of that name or number."""
    if not isinstance(table.keys[0] if len(table.keys) else 0, str):
        return [int(key) if 0 <= int(key) < len(images) else -1 for key in table.keys]
    numbers = {composed(name): number for number, name in enumerate(images.names)}
    counts = Counter(images.names)
    if several := [name for number in index.tolist() if counts[name := images.names[number]] > 1]:
        listed = first_names(sorted(set(several)), _SHOWN)
        raise DataError(f"{table.path}: a name of several samples of {images.root}: {listed}; give index instead")
    return [numbers.get(composed(str(key)), -1) for key in table.keys]


def _value_faults(table: _Table, images: ImageSet, numbers: Sequence[int], index: np.ndarray) -> list[str]:
    judged = np.isin(numbers, index)
    finite = np.isfinite(table.values).all(1)
    low = finite & (table.values < 0).any(1)
    sums = np.where(finite & ~low, table.values.sum(1), 1.0)
    faults = []
    for row in np.flatnonzero(judged & ~(finite & ~low & (np.abs(sums - 1) <= TOLERANCE))).tolist():
        where = f"{table.where[row]}, sample {images.names[numbers[row]]}"
        if not finite[row]:
            faults.append(f"{where}: a probability that is not finite")
        elif low[row]:
            faults.append(f"{where}: {table.values[row].min():g} is no probability; of logits give the softmax")
        else:
            faults.append(f"{where}: sums to {sums[row]:.4g}, not to 1; give the probabilities of all classes")
    return faults


def _sample_faults(table: _Table, images: ImageSet, numbers: Sequence[int], index: np.ndarray) -> list[str]:
    keyed = zip(table.where, table.keys, numbers, strict=True)
    faults = [f"{where}: no sample {key} in {images.root}" for where, key, number in keyed if number < 0]
    counts = Counter(number for number in numbers if number >= 0)
    if twice := [images.names[number] for number, count in counts.items() if count > 1]:
        faults.append(f"there twice: {first_names(twice, _SHOWN)}; one row a sample")
    if absent := [images.names[number] for number in index.tolist() if number not in counts]:
        listed = first_names(absent, _SHOWN)
        faults.append(f"no row of {len(absent)} of {len(index)} training samples: {listed}; every one is judged")
    return faults
