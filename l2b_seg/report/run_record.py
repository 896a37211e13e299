"""What a segmentation run's folder says, read for reports; parts that are not there stay empty."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_run.folder.read_run import read_part
from l2b_run.report import runs
from l2b_run.report.runs import dataset_name
from l2b_run.training.epoch_row import read_epochs
from l2b_seg.metrics.summary import Summary

PICTURES = ("image", "given", "clean", "predicted", "probability", "alpha", "beta")


@dataclass(frozen=True)
class RunRecord(runs.RunRecord):
    """And the slices to look at that figures.npz keeps.

    pictures: name -> (N, H, W), of PICTURES those that are there; `names` has N texts. Empty where the file is missing.
    classes: names of the foreground classes in the order of their labels, as figures.npz has them.
    """

    summary: Summary = field(repr=False)
    pictures: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    names: list[str] = field(default_factory=list, repr=False)
    classes: list[str] = field(default_factory=list)


def read_run(path: Path) -> RunRecord:
    """Read a run folder. Missing files are left out; `DataError` if none is there or some are damaged (all faults)."""
    faults: list[str] = []
    summary = read_part(path / "summary.json", Summary.read, faults)
    epochs = read_epochs(path / "metrics.jsonl", faults)
    kept = read_part(path / "figures.npz", _pictures, faults) or ({}, [], [])
    runs.require_parts(path, {"summary.json": summary, "metrics.jsonl": epochs, "figures.npz": kept[0]}, faults)
    split = read_part(path / "split.json", partial(read_json_object, way_out=""), [])
    found = summary or Summary.from_json({})
    evaluated = frozenset(row.case for row in found.metric_per_case)
    return RunRecord(path, found, epochs, dataset_name(split), evaluated, *kept)


def _pictures(path: Path) -> tuple[dict[str, np.ndarray], list[str], list[str]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            pictures = {name: archive[name] for name in PICTURES if name in archive}
            names = [str(name) for name in archive["names"]] if "names" in archive else []
            classes = [str(name) for name in archive["classes"]] if "classes" in archive else ["foreground"]
    except (BadZipFile, OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} is damaged: {error}") from error
    shapes = {picture.shape for picture in pictures.values()}
    if len(shapes) > 1 or any(len(shape) != 3 for shape in shapes):
        raise DataError(f"{path}: arrays of shapes {sorted(shapes)}, expected one (N, H, W)")
    if "image" not in pictures:
        return {}, [], []
    count = len(pictures["image"])
    return pictures, (names + [f"slice {number}" for number in range(count)][len(names) :])[:count], classes
