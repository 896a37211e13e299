"""What another program, or a reader, must know to use the network of a run."""

import hashlib
from pathlib import Path
from typing import Any

from l2b_data.files.extras import package_version
from l2b_data.files.json_object import read_json_object
from l2b_run.folder.load_network import require_finished
from l2b_seg.config import Settings
from l2b_seg.metrics.summary import Summary
from l2b_seg.recipe import read_settings
from l2b_seg.task import task_of

_INTENSITY = {
    "minmax": "each slice and channel: (x - min) / (max - min), rounded to 1/255; a constant slice becomes 0",
    "zscore": "each slice and channel: clipped to its 1st and 99th percentile, then (x - mean) / standard deviation; a "
    "constant slice becomes 0",
}
_RESULTS = (
    *("n_cases", "n_defined", "n_missed", "n_false_alarm", "n_both_empty"),
    *("unit", "mean", "penalised_mean", "classes", "definitions"),
)
_CROP = "share of rows and of columns that is kept, around centre (shares of theirs), moved as far as it stays inside"
_ORIENTATION = (
    "axes permuted so that columns, rows and slices run along the lines of plane, each axis by the line it is closest "
    "to (LPS: axial; none: as the file stores them); columns and rows flipped to the positive LPS direction (of an "
    "axial slice to the patient's left and back); undone on the way back"
)


def run_metadata(run: Path) -> dict[str, Any]:
    """Input, output, network, training and results of a finished run, as plain values ready for JSON.

    Names no case and no folder of the machine it was trained on. Parts whose file the run folder lacks (summary.json,
    split.json, env.json) are None. Raises DataError: the folder is no finished run, or one of its files is damaged;
    ConfigError: its config is of another version.
    """
    config, weights = require_finished(run)
    settings, environment = read_settings(config), _optional(run / "env.json")
    summary = run / "summary.json"
    said = Summary.read(summary).to_json() if summary.is_file() else None
    return {
        "format": "l2b-seg model 1",
        "l2b_version": package_version("l2b"),
        **_input_output(settings),
        "network": settings.network.model_dump(exclude={"encoder_weights"}),
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "training": _training(settings, _optional(run / "split.json")),
        "results": said and {key: said[key] for key in _RESULTS if key in said},
        "versions": environment and {"python": environment.get("python"), **environment.get("versions", {})},
    }


def _input_output(settings: Settings) -> dict[str, Any]:
    task, slices = task_of(settings), settings.slices
    names = list(task.classes) if task.binary else ["background", *task.classes]
    background, *values = task.values or range(len(task.classes) + 1)
    return {
        "channels": list(settings.task.channels),
        "classes": dict(zip(task.classes, values, strict=True)),
        "background": background,
        "input": {
            "name": "slices",
            "shape": ["batch", task.channels, slices.size, slices.size],
            "dtype": "float32",
            "preprocessing": [
                {"step": "orientation", "plane": slices.plane, "text": _ORIENTATION},
                {"step": "intensity", "kind": slices.intensity, "text": _INTENSITY[slices.intensity]},
                {"step": "crop", "share": slices.crop, "centre": slices.centre, "text": _CROP},
                {"step": "resize", "size": slices.size, "text": "to size x size, bilinear, antialiased"},
            ],
        },
        "output": {
            "name": "probabilities",
            "shape": ["batch", task.outputs, slices.size, slices.size],
            "dtype": "float32",
            "channels": names,
            "values": values if task.binary else [background, *values],
            "text": f"after the {'sigmoid' if task.binary else 'softmax'}; resize back (bilinear), then the value of "
            + (f"the class where above 0.5, else {background}" if task.binary else "the most probable channel"),
        },
    }  # fmt: skip


def _training(settings: Settings, split: dict[str, Any] | None) -> dict[str, Any]:
    chosen = settings.model_dump(include={"recipe", "preset", "method", "seed", "epochs", "batch_size", "augmentation"})
    if split is None:
        return {**chosen, "data": None}
    counts = {f"n_{name}": len(split.get(name, [])) for name in ("train", "meta", "evaluation")}
    data = {"data_set": Path(str(split.get("dataset", ""))).name, "labels": Path(str(split.get("labels", ""))).name}
    return {**chosen, "data": {**data, "noise": split.get("noise"), **counts}}


def _optional(path: Path) -> dict[str, Any] | None:
    return read_json_object(path, way_out="") if path.is_file() else None
