"""Predicted masks against reference masks: two files, or two folders matched by case id."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from l2b_run.atomic import write_json
from l2b_run.errors import ConfigError, DataError
from l2b_seg.case_files import case_id, mask_files
from l2b_seg.case_metrics import CaseMetrics, case_metrics
from l2b_seg.dataset import Dataset
from l2b_seg.summary import Unit, summarise, write_case_csv
from l2b_seg.volume import Volume, read_volume

DEFAULT_TOLERANCE = 2.0


class _OtherGrid(DataError):
    """Prediction and reference lie on different grids."""


def evaluate(
    pred: Path,
    ref: Path,
    *,
    spacing_unit: Unit = "mm",
    tolerance_mm: float | None = DEFAULT_TOLERANCE,
    labels: Sequence[int] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Metrics of every case in which both masks exist, and their summary.

    Args:
        pred: predicted mask, or a folder of them (.nii, .nii.gz, .mha, .mhd, .nrrd).
        ref: reference mask, folder of them, or prepared data set (the clean masks of its test cases); a prediction
            belongs to the reference of the same case id.
        spacing_unit: "mm" takes the spacing of the reference's header, "voxel" takes 1 along every axis.
        tolerance_mm: tolerance of the surface Dice, in the spacing's unit; None leaves it out.
        labels: values that together make the foreground, in both masks; None: every value but 0.
        say: called with a line "[3/36] CASE" before each case.

    Returns:
        `summarise`'s dict, and: foreground (which values); missing_predictions (case ids without a prediction),
        without_reference (predictions without a reference, not evaluated), failed (case id -> message, for a
        file that cannot be read or is no mask) and warnings (lines to show). Failed and missing cases are in no
        mean: the caller must say so, see `failures`.

    Raises:
        ConfigError: unknown unit, negative tolerance, no label, or a file against a folder.
        DataError: nothing matches, nothing can be read, the labels occur in no reference, or masks lie on
            different grids: then all such cases are named and no mean is given, as one over the rest would mislead.
    """
    _check_arguments(pred, ref, spacing_unit, tolerance_mm, labels)
    pairs, missing, without_reference = _match(pred, ref)
    cases, spacings, failed = _evaluate_pairs(pairs, spacing_unit, tolerance_mm, labels, say)
    if not cases:
        raise DataError("no case could be evaluated:\n  " + "\n  ".join(failed.values()))
    if labels and all(metrics.status in ("both_empty", "false_alarm") for metrics in cases.values()):
        raise DataError(f"{_words(labels)} in no reference of {ref}; leave --labels out, or name others")

    summary = summarise(cases, unit=spacing_unit, tolerance=tolerance_mm)
    for row in summary["metric_per_case"]:
        row["spacing"] = spacings[row["case"]]
        row["prediction_file"], row["reference_file"] = map(str, pairs[row["case"]])
    foreground = "every value but 0" if labels is None else _words(labels)
    return {
        **summary,
        "definitions": {**summary["definitions"], "foreground": foreground},
        "foreground": foreground,
        "missing_predictions": missing,
        "without_reference": without_reference,
        "failed": failed,
        "warnings": _warnings(spacing_unit, spacings, without_reference),
    }


def _warnings(spacing_unit: Unit, spacings: dict[str, tuple[float, ...]], without_reference: list[str]) -> list[str]:
    warnings = []
    if without_reference:
        warnings.append(f"predictions without a reference, not evaluated: {', '.join(without_reference)}")
    if spacing_unit == "mm" and all(spacing == (1.0, 1.0, 1.0) for spacing in spacings.values()):
        warnings.append(
            "every header says 1 x 1 x 1 mm, as files do whose spacing was lost: unless it is true, the distances "
            "are in voxels (--spacing-unit voxel)"
        )
    return warnings


def check_out(out: Path) -> None:
    """Refuse, before anything is computed, a result folder that would be refused after.

    Raises:
        ConfigError: `out` is a file, or the folder of a training run, whose own summary.json would be lost.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    if (out / "config.yaml").exists():
        raise ConfigError(f"--out {out} is the folder of a run and has a summary.json of its own; choose another")


def write_evaluation(summary: dict[str, Any], out: Path) -> None:
    """Write summary.json and cases.csv into the folder `out`, each atomically, over those of an earlier evaluation.

    Raises:
        ConfigError: as `check_out`.
        L2BError: the folder cannot be written.
    """
    check_out(out)
    write_json(out / "summary.json", summary)
    write_case_csv(out / "cases.csv", summary)


def failures(summary: dict[str, Any]) -> str | None:
    """What a caller must tell: the cases of an evaluation that could not be evaluated, or None."""
    lines = [f"{case}: no prediction" for case in summary["missing_predictions"]]
    lines += [f"{case}: {message}" for case, message in summary["failed"].items()]
    if not lines:
        return None
    total = summary["n_cases"] + len(lines)
    return f"{len(lines)} of {total} cases are not in the results:\n  " + "\n  ".join(lines)


def _check_arguments(
    pred: Path, ref: Path, spacing_unit: str, tolerance: float | None, labels: Sequence[int] | None
) -> None:
    faults = []
    if spacing_unit not in ("mm", "voxel"):
        faults.append(f"spacing unit {spacing_unit!r}: choose mm or voxel")
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance >= 0):
        faults.append(f"tolerance {tolerance}: pass a finite distance of 0 or more")
    if labels is not None and not labels:
        faults.append("labels: an empty list; name at least one value, or leave labels out")
    absent = [path for path in (pred, ref) if not path.exists()]
    if not absent and pred.is_dir() != ref.is_dir():
        faults.append(f"{pred} and {ref}: pass two files or two folders")
    if faults:
        raise ConfigError("; ".join(faults))
    if absent:
        raise DataError("; ".join(f"{path}: no such file or folder" for path in absent))


def _match(pred: Path, ref: Path) -> tuple[dict[str, tuple[Path, Path]], list[str], list[str]]:
    """Pairs by case id; references without a prediction; predictions without a reference."""
    if not pred.is_dir():
        return {case_id(ref): (pred, ref)}, [], []
    predictions, references = mask_files(pred), _references(ref)
    pairs = {case: (predictions[case], references[case]) for case in references if case in predictions}
    if not pairs:
        raise DataError(
            f"no case id of {pred} ({_some(predictions)}) is among those of {ref} ({_some(references)}); "
            "name each prediction after its reference"
        )
    return (
        pairs,
        [case for case in references if case not in pairs],
        [case for case in predictions if case not in pairs],
    )


def _references(ref: Path) -> dict[str, Path]:
    if not (ref / "splits.json").exists():
        return mask_files(ref)
    dataset = Dataset.open(ref)
    if not dataset.splits["test"]:
        raise DataError(f"{ref}: a prepared data set without test cases; name its folder of masks, {ref / 'labelsTr'}")
    return {case: dataset.label_path(case) for case in dataset.splits["test"]}


def _evaluate_pairs(
    pairs: dict[str, tuple[Path, Path]],
    spacing_unit: Unit,
    tolerance: float | None,
    labels: Sequence[int] | None,
    say: Callable[[str], None],
) -> tuple[dict[str, CaseMetrics], dict[str, tuple[float, ...]], dict[str, str]]:
    """Metrics, spacing used and message of failure, each by case id; raises for masks on different grids."""
    cases: dict[str, CaseMetrics] = {}
    spacings: dict[str, tuple[float, ...]] = {}
    failed: dict[str, str] = {}
    misplaced: list[str] = []
    for number, (case, (pred_path, ref_path)) in enumerate(pairs.items(), start=1):
        say(f"[{number}/{len(pairs)}] {case}")
        try:
            cases[case], spacings[case] = _evaluate_case(pred_path, ref_path, spacing_unit, tolerance, labels)
        except _OtherGrid as error:
            misplaced.append(f"{case}: {error}")
        except DataError as error:
            failed[case] = str(error)
    if misplaced:
        raise DataError(
            f"{len(misplaced)} of {len(pairs)} predictions lie on another grid than their reference:\n  "
            + "\n  ".join(misplaced)
            + "\nbring both onto one grid (nearest neighbour), or correct the wrong header"
        )
    return cases, spacings, failed


def _evaluate_case(
    pred_path: Path, ref_path: Path, spacing_unit: Unit, tolerance: float | None, labels: Sequence[int] | None
) -> tuple[CaseMetrics, tuple[float, ...]]:
    pred, ref = read_volume(pred_path), read_volume(ref_path)
    differences = pred.same_grid(ref)
    if differences:
        raise _OtherGrid("; ".join(differences))
    if spacing_unit == "mm" and not ref.spacing_known:
        raise DataError(f"{ref_path}: its header has no spacing; ask for distances in voxels (--spacing-unit voxel)")
    spacing = ref.spacing_mm if spacing_unit == "mm" else (1.0, 1.0, 1.0)
    masks = (_foreground(pred, pred_path, labels), _foreground(ref, ref_path, labels))
    return case_metrics(*masks, spacing, tolerance_mm=tolerance), spacing


def _foreground(volume: Volume, path: Path, labels: Sequence[int] | None) -> np.ndarray:
    """Foreground of a label volume, bool, (D, H, W)."""
    array = volume.array
    if array.dtype.kind == "f":
        strange = array[~(np.isfinite(array) & (array == np.round(array)))]
        if strange.size:
            raise DataError(f"{path}: no mask: {strange.size} voxels hold values such as {strange[0]:g}; threshold it")
    return array != 0 if labels is None else np.isin(array, list(labels))


def _words(labels: Sequence[int]) -> str:
    return ("labels " if labels[1:] else "label ") + ", ".join(map(str, labels))


def _some(names: Sequence[str] | dict[str, Path]) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "")
