"""Two runs on the same cases: paired differences, an interval and a test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError, DataError
from l2b_run.compare.paired_statistics import paired_statistics
from l2b_seg.compare.scores import Scores, read_scores
from l2b_seg.metrics.summary import DISTANCES, OVERLAPS

METRICS = (*OVERLAPS, *DISTANCES)


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
    a, b = read_scores(run_a, metric), read_scores(run_b, metric)
    _refuse_other_scales(a, b, metric)
    common = [case for case in a.values if case in b.values]
    if not common:
        raise DataError(f"{a.path} and {b.path} have no case in common; compare runs evaluated on the same cases")
    undefined = _undefined(a.values, b.values, common)
    paired = [case for case in common if case not in undefined]
    if not paired:
        raise DataError(f"{metric} is undefined in every common case of {a.path} and {b.path}; choose another --metric")
    higher = metric in OVERLAPS
    rows: list[dict[str, Any]] = [
        {"case": case, "a": first, "b": second, "difference": second - first}
        for case in paired
        if (first := a.values[case]) is not None and (second := b.values[case]) is not None
    ]
    rows.sort(key=lambda row: row["difference"], reverse=not higher)
    return {
        "metric": metric,
        "unit": a.unit if metric in DISTANCES else None,
        "higher_is_better": higher,
        "a": a.about(paired),
        "b": b.about(paired),
        **paired_statistics(a.values, b.values, higher_is_better=higher, seed=seed),
        "cases": rows,
        "only_in_a": [case for case in a.values if case not in b.values],
        "only_in_b": [case for case in b.values if case not in a.values],
        "undefined": undefined,
        "classes": _classes(a, b, higher=higher, seed=seed),
        "warnings": a.warnings_beside(b),
    }


def _undefined(a: Mapping[str, float | None], b: Mapping[str, float | None], common: list[str]) -> dict[str, str]:
    words = {(True, True): "in both", (True, False): "in A", (False, True): "in B"}
    found = {case: (a[case] is None, b[case] is None) for case in common}
    return {case: words[missing] for case, missing in found.items() if any(missing)}


def _classes(a: Scores, b: Scores, *, higher: bool, seed: int) -> dict[str, dict[str, Any]]:
    if a.classes.keys() != b.classes.keys():
        return {}
    return {
        name: paired_statistics(a.classes[name], b.classes[name], higher_is_better=higher, seed=seed)
        for name in a.classes
    }


def _refuse_other_scales(a: Scores, b: Scores, metric: str) -> None:
    if metric in DISTANCES and a.unit != b.unit:
        raise DataError(f"{metric} is in {a.unit} in {a.path}, in {b.unit} in {b.path}; evaluate both in one unit")
    if metric == "nsd" and (without := [str(run.path) for run in (a, b) if run.tolerance is None]):
        raise DataError(
            f"nsd was not computed for {' and '.join(without)}: `train` has no tolerance; compare folders of "
            "`l2b-seg predict` and then `l2b-seg evaluate --tolerance MM --out FOLDER`"
        )
    if metric == "nsd" and a.tolerance != b.tolerance:
        raise DataError(
            f"nsd is at tolerance {a.tolerance} in {a.path}, at {b.tolerance} in {b.path}; evaluate both at one"
        )
