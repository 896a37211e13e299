"""Two runs on the same cases: paired differences, an interval and a test."""

import math
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

from l2b_data.errors import ConfigError, DataError
from l2b_run.compare.paired_statistics import paired_statistics
from l2b_run.compare.two_runs import Side, require_common, shown, side_of, training_differs
from l2b_seg.metrics.summary import DISTANCES, METRICS, OVERLAPS, Summary

# split.json: what decides the data a run has seen, and how to call it
_SEEN = {"train": "training cases", "meta": "clean (meta) cases", "labels": "given masks", "dataset": "data sets"}
_NAMED = 3  # cases and classes named in a warning

Values = dict[str, float | None]  # by case, None where the metric is undefined


def compare(run_a: Path, run_b: Path, *, metric: str = "dice", seed: int = 0) -> dict[str, Any]:
    """Differences B - A of one metric over the cases both runs were evaluated on, ready for JSON.

    Args:
        run_a: folder of a run or of an evaluation, or its summary.json.
        run_b: the other one.
        metric: one of METRICS; overlaps are better when larger, distances when smaller.
        seed: of the bootstrap's draws.

    Returns:
        a, b (path, method, noise and mean over the pairs); metric, unit, higher_is_better; `paired_statistics` of the
        differences; cases (case, a, b, difference; sorted by the gain of B); only_in_a, only_in_b (case ids);
        undefined (case id -> in which run the metric has no value there; such cases are in no number); classes
        (name -> `paired_statistics`) where both runs have the same classes, else empty; warnings (lines to show).

    Raises:
        ConfigError: unknown metric.
        DataError: a summary that is absent or damaged, distances in different units, nsd at different tolerances, or
            no case with a value in both.
    """
    if metric not in METRICS:
        raise ConfigError(f"metric {metric!r}: choose one of {', '.join(METRICS)}")
    a, b = _read(run_a), _read(run_b)
    _refuse_other_scales(a, b, metric)
    (of_a, classes_a), (of_b, classes_b) = _values(a, metric), _values(b, metric)
    common = [case for case in of_a if case in of_b]
    require_common(common, a, b, noun="case")
    rows: list[dict[str, Any]] = [
        {"case": case, "a": first, "b": second, "difference": second - first}
        for case in common
        if (first := of_a[case]) is not None and (second := of_b[case]) is not None
    ]
    if not rows:
        raise DataError(f"{metric} is undefined in every common case of {a.path} and {b.path}; choose another --metric")
    words = {(True, True): "in both", (True, False): "in A", (False, True): "in B"}
    absent = {case: (of_a[case] is None, of_b[case] is None) for case in common}
    higher = metric in OVERLAPS
    same = classes_a.keys() == classes_b.keys()
    return {
        "metric": metric,
        "unit": a.summary.unit if metric in DISTANCES else None,
        "higher_is_better": higher,
        "a": a.about(mean=fmean(row["a"] for row in rows)),
        "b": b.about(mean=fmean(row["b"] for row in rows)),
        **paired_statistics(of_a, of_b, higher_is_better=higher, seed=seed),
        "cases": sorted(rows, key=lambda row: row["difference"], reverse=not higher),
        "only_in_a": [case for case in of_a if case not in of_b],
        "only_in_b": [case for case in of_b if case not in of_a],
        "undefined": {case: words[missing] for case, missing in absent.items() if any(missing)},
        "classes": {
            name: paired_statistics(classes_a[name], classes_b[name], higher_is_better=higher, seed=seed)
            for name in (classes_a if same else ())
        },
        "warnings": list(_warnings(a, b)),
    }


def _read(path: Path) -> Side[Summary]:
    """Raises DataError where the summary is absent, damaged, without cases, or names a case twice."""
    file = path / "summary.json" if path.is_dir() else path
    summary = Summary.read(file, way_out="give the folder of a finished run or evaluation")
    names = [row.case for row in summary.metric_per_case]
    if not names or None in names:
        lacks = f"{file} has no metric_per_case with a case in each row"
        raise DataError(f"{lacks}; give a folder of `train` or `evaluate`")
    if len(set(names)) < len(names):
        raise DataError(f"{file} names a case twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
    return side_of(path, summary)


def _values(side: Side[Summary], metric: str) -> tuple[Values, dict[str, Values]]:
    """The metric by case, and by class name and case. Raises DataError for a value that is not finite."""
    whole: Values = {}
    alone: dict[str, Values] = {name: {} for name in side.summary.classes or {}}
    for row in side.summary.metric_per_case:
        whole[row.case] = getattr(row, metric)
        for name, metrics in (row.classes or {}).items():
            alone.setdefault(name, {})[row.case] = getattr(metrics, metric)
    for values in (whole, *alone.values()):
        for case, value in values.items():
            if value is not None and not math.isfinite(value):
                raise DataError(f"{side.path}: {metric} of case {case} is {value}, no number")
    return whole, alone


def _warnings(a: Side[Summary], b: Side[Summary]) -> Iterator[str]:
    """What makes a difference between the two runs hard to read, a line each."""
    yield from training_differs(a, b, noise=_noise, seen=_SEEN, named=_NAMED)
    there = {row.case: row.reference_file for row in b.summary.metric_per_case if row.reference_file}
    rows = [row for row in a.summary.metric_per_case if row.reference_file]
    moved = [row.case for row in rows if there.get(row.case, row.reference_file) != row.reference_file]
    if moved:
        yield f"reference masks come from different files in {len(moved)} cases, such as {moved[0]}"
    first, second = (list(side.summary.classes or {}) for side in (a, b))
    if set(first) != set(second):
        yield f"classes differ: {shown(first, _NAMED)} in A, {shown(second, _NAMED)} in B"


def _noise(summary: Summary) -> str:
    noise = summary.noise or {}
    return f"{noise['level']} (seed {noise.get('seed')})" if noise.get("level") else "none named"


def _refuse_other_scales(a: Side[Summary], b: Side[Summary], metric: str) -> None:
    unit_a, unit_b = a.summary.unit, b.summary.unit
    if metric in DISTANCES and unit_a != unit_b:
        raise DataError(f"{metric} is in {unit_a} in {a.path}, in {unit_b} in {b.path}; evaluate both in one unit")
    if metric != "nsd":
        return
    if without := [str(run.path) for run in (a, b) if run.summary.tolerance is None]:
        raise DataError(
            f"nsd was not computed for {' and '.join(without)}: `train` has no tolerance; compare folders of "
            "`l2b-seg predict` and then `l2b-seg evaluate --tolerance MM --out FOLDER`"
        )
    at_a, at_b = a.summary.tolerance, b.summary.tolerance
    if at_a != at_b:
        raise DataError(f"nsd is at tolerance {at_a} in {a.path}, at {at_b} in {b.path}; evaluate both at one")
