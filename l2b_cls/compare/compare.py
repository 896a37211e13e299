"""Two runs on the same test samples: paired difference of the accuracy, an interval and a test."""

from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.prediction.read_table import PREDICTIONS, PredictionTable, read_predictions
from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import first_names
from l2b_run.compare.paired_statistics import LEVEL, RESAMPLES, bootstrap_interval

# split.json: what decides the data a run has seen, and how to call it
_SEEN = {"train": "training samples", "meta": "meta samples", "dataset": "data sets"}


def compare(run_a: Path, run_b: Path, *, seed: int = 0) -> dict[str, Any]:
    """Accuracy of B minus that of A over the samples both were evaluated on, ready for JSON.

    Args:
        run_a: folder of a run or an evaluation, or its predictions.csv.
        run_b: the other one.
        seed: of the bootstrap's draws.

    Returns:
        a, b (path, method, noise, seed; accuracy over the pairs); `paired_accuracy` of all of them; classes (name or
        number -> `paired_accuracy` of the samples of that class: difference of the recalls); balanced_difference (mean
        of the classes'); gained, lost (names of the samples that B alone, or A alone, has right); only_in_a, only_in_b
        (how many samples the other run lacks); warnings (lines to show).

    Raises:
        DataError: a file that is absent or damaged; classes, or the names or labels of samples, that differ; no sample
        in both.
    """
    a, b = (read_predictions(path / PREDICTIONS if path.is_dir() else path) for path in (run_a, run_b))
    if a.probabilities.shape[1] != b.probabilities.shape[1]:
        counts = f"{a.probabilities.shape[1]} classes, {b.path} {b.probabilities.shape[1]}"
        raise DataError(f"{a.path} has {counts}; compare runs on one data set")
    common, of_a, of_b = np.intersect1d(a.index, b.index, assume_unique=True, return_indices=True)
    if not len(common):
        raise DataError(f"{a.path} and {b.path} have no sample in common; compare runs evaluated on the same samples")
    summaries = [_summary(path) for path in (run_a, run_b)]
    _same_samples(a, b, of_a, of_b, summaries)
    labels = a.labels[of_a]
    if moved := int((labels != b.labels[of_b]).sum()):
        raise DataError(f"{a.path} and {b.path} have other labels for {moved} samples; evaluate both on one data set")
    names = np.array(a.names, object)[of_a]
    right_a, right_b = a.predicted[of_a] == labels, b.predicted[of_b] == labels
    titles = _titles(summaries, a.probabilities.shape[1])
    classes = {
        titles[label]: paired_accuracy(right_a[labels == label], right_b[labels == label], seed=seed)
        for label in np.unique(labels).tolist()
    }
    return {
        "a": _about(run_a, summaries[0], right_a),
        "b": _about(run_b, summaries[1], right_b),
        **paired_accuracy(right_a, right_b, seed=seed),
        "interval_level": LEVEL,
        "resamples": RESAMPLES,
        "seed": seed,
        "balanced_difference": float(np.mean([row["difference"] for row in classes.values()])),
        "classes": classes,
        "gained": names[~right_a & right_b].tolist(),
        "lost": names[right_a & ~right_b].tolist(),
        "only_in_a": len(a.index) - len(common),
        "only_in_b": len(b.index) - len(common),
        "warnings": _warnings(run_a, run_b, summaries, a, b),
    }


def _same_samples(
    a: PredictionTable, b: PredictionTable, of_a: np.ndarray, of_b: np.ndarray, summaries: list[dict[str, Any]]
) -> None:
    """Raises DataError where one number means two images, or the runs' classes have different names."""
    way_out = "compare runs evaluated on one data set"
    pairs = [(a.names[i], b.names[j]) for i, j in zip(of_a.tolist(), of_b.tolist(), strict=True)]
    if other := [pair for pair in pairs if pair[0] != pair[1]]:
        shown = f"{other[0][0]} in {a.path}, {other[0][1]} in {b.path}"
        raise DataError(
            f"{len(other)} of {len(pairs)} samples have the same number and other names ({shown}); {way_out}"
        )
    one, two = (summary.get("classes") for summary in summaries)
    if one and two and one != two:
        raise DataError(f"{a.path} has the classes {first_names(one, 8)}, {b.path} {first_names(two, 8)}; {way_out}")


def paired_accuracy(right_a: np.ndarray, right_b: np.ndarray, *, seed: int = 0) -> dict[str, Any]:
    """What two classifiers' answers to the same n samples say, right or wrong, (n,) bool each; n of at least 1.

    Returns:
        n, accuracy_a, accuracy_b, difference (B - A), interval (percentile bootstrap of the samples; None for n = 1),
        both_right, only_a_right, only_b_right, both_wrong, mcnemar_p (exact, two-sided; None where the two never
        differ).

    Source: McNemar 1947; exact: under equal accuracies each sample that one alone has right is a coin toss.
    """
    from scipy.stats import binomtest

    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    differences = right_b.astype(float) - right_a
    moved = only_a + only_b
    return {
        "n": len(right_a),
        "accuracy_a": float(right_a.mean()),
        "accuracy_b": float(right_b.mean()),
        "difference": float(differences.mean()),
        "interval": bootstrap_interval(differences, seed=seed) if len(right_a) > 1 else None,
        "both_right": int((right_a & right_b).sum()),
        "only_a_right": only_a,
        "only_b_right": only_b,
        "both_wrong": int((~right_a & ~right_b).sum()),
        "mcnemar_p": float(binomtest(only_b, moved).pvalue) if moved else None,
    }


def _about(run: Path, summary: dict[str, Any], right: np.ndarray) -> dict[str, Any]:
    known = {key: summary.get(key) for key in ("method", "meta_source", "noise", "seed")}
    return {"path": str(run), **known, "accuracy": float(right.mean())}


def _summary(run: Path) -> dict[str, Any]:
    """summary.json beside the predictions, {} where there is none: a folder of `evaluate` need not have one."""
    path = (run if run.is_dir() else run.parent) / "summary.json"
    return read_json_object(path, way_out="") if path.is_file() else {}


def _titles(summaries: list[dict[str, Any]], classes: int) -> list[str]:
    """Names of the classes where a summary has them, else their numbers."""
    for summary in summaries:
        found = summary.get("classes")
        if isinstance(found, list) and len(found) == classes:
            return [str(name) for name in found]
    return [str(number) for number in range(classes)]


def _warnings(
    run_a: Path, run_b: Path, summaries: list[dict[str, Any]], a: PredictionTable, b: PredictionTable
) -> list[str]:
    """What makes a difference between the two runs hard to read, a line each."""
    warnings = []
    first, second = (summary.get("noise") for summary in summaries)
    if all(summaries) and first != second:
        warnings.append(f"noise differs: {first} in A, {second} in B")
    splits = [run / "split.json" for run in (run_a, run_b)]
    if all(path.is_file() for path in splits):
        one, other = (read_json_object(path, way_out="") for path in splits)
        for key, name in _SEEN.items():
            if one.get(key) != other.get(key):
                warnings.append(f"{name} differ: {_shown(one.get(key))} in A, {_shown(other.get(key))} in B")
    if set(a.index.tolist()) != set(b.index.tolist()):
        counts = f"{len(a.index)} in A, {len(b.index)} in B"
        warnings.append(f"evaluated samples differ: {counts}; compared are the common ones")
    return warnings


def _shown(value: Any) -> str:
    return f"{len(value)}" if isinstance(value, list) else str(value)
