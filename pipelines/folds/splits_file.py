"""splits_final.json, as nnU-Net writes it: a list of folds, each {"train": [...], "val": [...]}."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.atomic import write_json
from l2b_data.files.shorten import first_names
from l2b_run.audit.folds import Fold
from l2b_run.folder.read_run import FOLDS

_SHOWN = 8


def write_folds(path: Path, folds: Sequence[Fold], ids: Sequence[Any]) -> None:
    """Write the folds of elements with these ids: of cases their names, of samples their numbers."""
    write_json(
        path, [{"train": [ids[i] for i in fold.train], "val": [ids[i] for i in fold.held_out]} for fold in folds]
    )


def read_folds(path: Path, ids: Sequence[Any], passed_over: Sequence[Any] = ()) -> list[Fold]:
    """The folds of a file, in positions of the training elements `ids`; each trains on all that it does not hold out.

    passed_over: ids of the data set that are no training elements (meta, test, excluded); they may stand in the file.
    Raises DataError, naming the file: unreadable, fewer than two folds, an id that the data set does not have, or a
    training element that is not held out exactly once.
    """
    place = {name: number for number, name in enumerate(ids)}
    held = _held_out(path)
    every, known = [name for names in held for name in names], {*ids, *passed_over}
    faults = []
    if strange := sorted({str(name) for name in every if name not in known}):
        faults.append(f"not in the data set: {first_names(strange, _SHOWN)}")
    counts = np.bincount([place[name] for name in every if name in place], minlength=len(ids))
    for times, words in ((0, "in no fold's val"), (2, "in the val of several folds")):
        found = [str(ids[i]) for i in np.flatnonzero(counts >= 2 if times else counts == 0).tolist()]
        if found:
            faults.append(f"{words}: {first_names(found, _SHOWN)}")
    if faults:
        raise DataError(f"{path}: every training case is held out by one fold; " + "; ".join(faults))
    places = [np.array(sorted(place[name] for name in names if name in place), np.int64) for names in held]
    if empty := [str(number) for number, found in enumerate(places) if not len(found) or len(found) == len(ids)]:
        raise DataError(f"{path}: fold {', '.join(empty)} holds out none or all of the training cases")
    everyone = np.arange(len(ids))
    return [Fold(number, np.setdiff1d(everyone, found), found) for number, found in enumerate(places)]


def _held_out(path: Path) -> list[list[Any]]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error})") from error
    fine = isinstance(value, list) and all(
        isinstance(fold, dict) and isinstance(fold.get("val"), list) and isinstance(fold.get("train"), list)
        for fold in value
    )
    if not fine or not all(isinstance(name, str | int) for fold in value for name in fold["val"]):
        raise DataError(f'{path}: not the form of nnU-Net\'s {FOLDS}, a list of {{"train": [...], "val": [...]}}')
    if len(value) < 2:
        raise DataError(f"{path}: {len(value)} folds; at least two are needed")
    return [fold["val"] for fold in value]
