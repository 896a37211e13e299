"""Predicted masks against reference masks: two files, or two folders matched by case id."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from l2b_data.errors import ConfigError, DataError
from l2b_seg.metrics.evaluation_warnings import absent_classes, evaluation_warnings
from l2b_seg.metrics.foreground import Labels, choose_foreground
from l2b_seg.metrics.mask_pairs import MaskPairs, mask_pairs
from l2b_seg.metrics.measure_pairs import is_picture, measure_pairs
from l2b_seg.metrics.summarise import summarise
from l2b_seg.metrics.summary import Summary, Unit

DEFAULT_TOLERANCE = 2.0


def evaluate(
    pred: Path,
    ref: Path,
    *,
    spacing_unit: Unit | None = None,
    tolerance_mm: float | None = DEFAULT_TOLERANCE,
    labels: Labels | None = None,
    classes: Mapping[str, int] | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Summary:
    """Metrics of every case in which both masks exist, and their summary.

    Args:
        pred: predicted label map (any volume, .png or .tif), or a folder of them.
        ref: reference label map, folder of them, or prepared data set (the clean masks of its test cases); a
            prediction belongs to the reference of the same case id. Masks in a prepared data set are taken in the
            values of the user's own masks, as `predict` writes them; soft edges are cut at half.
        spacing_unit: "mm" takes the spacing of the reference's header, "voxel" takes 1 along every axis; None: the
            unit of a prepared data set, "voxel" for pictures, else "mm".
        tolerance_mm: tolerance of the surface Dice, in the spacing's unit; None leaves it out.
        labels: values that together make one foreground, in both masks; "all": every value but 0.
        classes: class name -> value, each measured against the rest. With neither: the classes of a prepared data
            set; else, where the references hold several values, each value as a class.
        say: called with a line "[3/36] CASE" before each case.

    Returns:
        The summary of `summarise`, and: foreground (which values); missing_predictions (case ids without a prediction),
        without_reference (predictions without a reference, not evaluated), failed (case id -> message, for a
        file that cannot be read or is no mask) and warnings (lines to show). Failed and missing cases are in no
        mean: the caller must say so, see `failures`.

    Raises:
        ConfigError: unknown unit, negative tolerance, no label, labels and classes both, or a file against a folder.
        DataError: nothing matches, nothing can be read, the labels occur in no reference, or masks lie on
            different grids: then all such cases are named and no mean is given, as one over the rest would mislead.
    """
    _check_arguments(pred, ref, spacing_unit, tolerance_mm, labels, classes)
    matched = mask_pairs(pred, ref)
    unit = spacing_unit or _default_unit(matched)
    references = [reference for _, reference in matched.pairs.values()]
    own, dataset = matched.own[1], matched.dataset
    foreground = choose_foreground(references, own=own, labels=labels, classes=classes, dataset=dataset)
    found = measure_pairs(matched, unit, tolerance_mm, foreground, say)
    if not found.cases:
        raise DataError("no case could be evaluated:\n  " + "\n  ".join(found.failed.values()))
    absent = absent_classes(found, foreground)
    if absent and len(absent) == len(foreground.classes or [""]) and (labels not in (None, "all") or classes):
        raise DataError(f"{foreground} in no reference of {ref}; leave --labels and --classes out, or name others")

    summary = summarise(found.cases, unit=unit, tolerance=tolerance_mm, classes=foreground.classes)
    rows = []
    for row in summary.metric_per_case:
        files = [str(path) for path in matched.pairs[row.case]]
        spacing = list(found.spacings[row.case])
        rows.append(replace(row, spacing=spacing, prediction_file=files[0], reference_file=files[1]))
    return replace(
        summary,
        metric_per_case=rows,
        definitions={**summary.definitions, "foreground": str(foreground)},
        foreground=str(foreground),
        missing_predictions=matched.missing,
        without_reference=matched.without_reference,
        failed=found.failed,
        warnings=evaluation_warnings(
            found, foreground, unit=unit, without_reference=matched.without_reference, merged=labels == "all"
        ),
    )


def failures(summary: Summary) -> str | None:
    """What a caller must tell: the cases of an evaluation that could not be evaluated, or None."""
    lines = [f"{case}: no prediction" for case in summary.missing_predictions or []]
    lines += [f"{case}: {message}" for case, message in (summary.failed or {}).items()]
    if not lines:
        return None
    total = summary.n_cases + len(lines)
    return f"{len(lines)} of {total} cases are not in the results:\n  " + "\n  ".join(lines)


def _default_unit(matched: MaskPairs) -> Unit:
    if matched.dataset is not None:
        return "mm" if matched.dataset.spacing_unit == "mm" else "voxel"
    return "voxel" if all(is_picture(reference) for _, reference in matched.pairs.values()) else "mm"


def _check_arguments(
    pred: Path,
    ref: Path,
    spacing_unit: str | None,
    tolerance: float | None,
    labels: Labels | None,
    classes: Mapping[str, int] | None,
) -> None:
    faults = []
    if spacing_unit not in (None, "mm", "voxel"):
        faults.append(f"spacing unit {spacing_unit!r}: choose mm or voxel")
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance >= 0):
        faults.append(f"tolerance {tolerance}: pass a finite distance of 0 or more")
    if labels is not None and not labels:
        faults.append("labels: an empty list; name at least one value, or leave labels out")
    if classes is not None:
        values = list(classes.values())
        if labels is not None:
            faults.append("labels and classes: labels make one foreground of several values, classes keep them apart")
        if not values or 0 in values or len(set(values)) < len(values):
            faults.append(f"classes {dict(classes)}: give each class a value of its own; 0 is the background")
    absent = [path for path in (pred, ref) if not path.exists()]
    if not absent and pred.is_dir() != ref.is_dir():
        faults.append(f"{pred} and {ref}: pass two files or two folders")
    if faults:
        raise ConfigError("; ".join(faults))
    if absent:
        raise DataError("; ".join(f"{path}: no such file or folder" for path in absent))
