"""What a run folder says about its run, read for tables and reports; parts that are not there stay empty."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from l2b_data.errors import DataError
from l2b_run.folder.read_run import read_summary
from l2b_run.training.epoch_row import read_epochs

PICTURES = ("image", "given", "clean", "predicted", "probability", "alpha", "beta")


@dataclass(frozen=True)
class RunRecord:
    """One run: its folder, summary.json, the epochs of metrics.jsonl, and slices to look at from figures.npz.

    pictures: name -> (N, H, W), of PICTURES those that are there; `names` has N texts. Empty where a file is missing.
    classes: names of the foreground classes in the order of their labels, as figures.npz has them.
    """

    path: Path
    summary: dict[str, Any] = field(repr=False)
    epochs: list[dict[str, Any]] = field(repr=False)
    pictures: dict[str, np.ndarray] = field(repr=False)
    names: list[str] = field(repr=False)
    classes: list[str] = field(default_factory=list)


def read_run(path: Path | str) -> RunRecord:
    """Read a run folder. Missing files are left out; `DataError` if none is there or one is damaged (all faults)."""
    path = Path(path)
    if not path.is_dir():
        raise DataError(f"{path}: no such run folder")
    faults: list[str] = []
    summary = read_summary(path / "summary.json", faults)
    epochs = read_epochs(path / "metrics.jsonl", faults)
    pictures, names, classes = _pictures(path / "figures.npz", faults)
    if not faults and not (summary or epochs or pictures):
        faults.append("no summary.json, metrics.jsonl or figures.npz: not the folder of a run")
    if faults:
        raise DataError(f"{path}: " + "; ".join(faults))
    return RunRecord(path, summary, epochs, pictures, names, classes)


def _pictures(path: Path, faults: list[str]) -> tuple[dict[str, np.ndarray], list[str], list[str]]:
    if not path.exists():
        return {}, [], []
    try:
        with np.load(path, allow_pickle=False) as archive:
            pictures = {name: archive[name] for name in PICTURES if name in archive}
            names = [str(name) for name in archive["names"]] if "names" in archive else []
            classes = [str(name) for name in archive["classes"]] if "classes" in archive else ["foreground"]
    except (BadZipFile, OSError, ValueError, EOFError) as error:
        faults.append(f"{path.name} is damaged: {error}")
        return {}, [], []
    shapes = {picture.shape for picture in pictures.values()}
    if len(shapes) > 1 or any(len(shape) != 3 for shape in shapes):
        faults.append(f"{path.name}: arrays of shapes {sorted(shapes)}, expected one (N, H, W)")
        return {}, [], []
    if "image" not in pictures:
        return {}, [], []
    count = len(pictures["image"])
    return pictures, (names + [f"slice {number}" for number in range(count)][len(names) :])[:count], classes
