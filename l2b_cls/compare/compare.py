"""Two runs on the same test samples: paired difference of the accuracy, an interval and a test."""

from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.metrics.summary import Summary
from l2b_cls.prediction.read_table import PREDICTIONS, PredictionTable, read_predictions
from l2b_data.errors import DataError
from l2b_data.files.shorten import first_names
from l2b_run.compare.paired_statistics import LEVEL, RESAMPLES, bootstrap_interval
from l2b_run.compare.two_runs import Side, require_common, side_of, training_differs

# split.json: what decides the data a run has seen, and how to call it
_SEEN = {"train": "training samples", "meta": "meta samples", "dataset": "data sets"}
_WAY_OUT = "compare runs evaluated on one data set"


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
    side_a, side_b = (_read(path) for path in (run_a, run_b))
    a, b = (read_predictions(path / PREDICTIONS if path.is_dir() else path) for path in (run_a, run_b))
    common, of_a, of_b = np.intersect1d(a.index, b.index, assume_unique=True, return_indices=True)
    require_common(common, side_a, side_b, noun="sample")
    names = _same_samples(a, b, of_a, of_b)
    titles = _titles(side_a, side_b, a.probabilities.shape[1])
    labels = a.labels[of_a]
    right_a, right_b = a.predicted[of_a] == labels, b.predicted[of_b] == labels
    classes = {
        titles[label]: paired_accuracy(right_a[labels == label], right_b[labels == label], seed=seed)
        for label in np.unique(labels).tolist()
    }
    warnings = list(training_differs(side_a, side_b, noise=lambda summary: str(summary.noise), seen=_SEEN))
    if set(a.index.tolist()) != set(b.index.tolist()):
        differ = f"evaluated samples differ: {len(a.index)} in A, {len(b.index)} in B"
        warnings.append(f"{differ}; compared are the common ones")
    return {
        "a": side_a.about(accuracy=float(right_a.mean())),
        "b": side_b.about(accuracy=float(right_b.mean())),
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
        "warnings": warnings,
    }


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


def _read(run: Path) -> Side[Summary]:
    """What is said of a run beside its predictions; nothing where it has no summary.json."""
    file = (run if run.is_dir() else run.parent) / "summary.json"
    return side_of(run, Summary.read(file) if file.is_file() else Summary.from_json({}))


def _same_samples(a: PredictionTable, b: PredictionTable, of_a: np.ndarray, of_b: np.ndarray) -> np.ndarray:
    """Names of the samples at `of_a` in a, (n,) of texts.

    Raises DataError where they have other names or labels at `of_b` in b, or another number of classes.
    """
    classes = [table.probabilities.shape[1] for table in (a, b)]
    if classes[0] != classes[1]:
        raise DataError(f"{a.path} has {classes[0]} classes, {b.path} {classes[1]}; {_WAY_OUT}")
    names, others = np.array(a.names, object)[of_a], np.array(b.names, object)[of_b]
    if len(other := np.flatnonzero(names != others)):
        shown = f"{names[other[0]]} in {a.path}, {others[other[0]]} in {b.path}"
        same = f"{len(other)} of {len(names)} samples have the same number and other names"
        raise DataError(f"{same} ({shown}); {_WAY_OUT}")
    if moved := int((a.labels[of_a] != b.labels[of_b]).sum()):
        raise DataError(f"{a.path} and {b.path} have other labels for {moved} samples; {_WAY_OUT}")
    return names


def _titles(a: Side[Summary], b: Side[Summary], count: int) -> list[str]:
    """Names of the classes where a summary has them, else their numbers. Raises DataError where the two differ."""
    one, two = a.summary.classes, b.summary.classes
    if one and two and one != two:
        differ = f"{a.path} has the classes {first_names(one, 8)}, {b.path} {first_names(two, 8)}"
        raise DataError(f"{differ}; {_WAY_OUT}")
    return next((names for names in (one, two) if len(names) == count), [str(number) for number in range(count)])
