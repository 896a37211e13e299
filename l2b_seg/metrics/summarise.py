"""From the metrics of every case to their summary: a superset of nnU-Net's, without NaN or Infinity."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from l2b_data.cases.surface import Status
from l2b_seg.metrics.case_metrics import DEFINITIONS, CaseMetrics
from l2b_seg.metrics.summary import COUNTS, DISTANCES, METRICS, CaseRow, Counted, Summary, Unit, Values

SUMMARY_DEFINITIONS = {
    "mean": "mean over the cases where the metric is defined: dice and iou over all n_cases, distances over the "
    "n_defined cases in which both masks have voxels, nsd over all but the n_both_empty cases",
    "penalised_mean": "as mean, but a case in which one mask is empty (n_missed + n_false_alarm) counts in each "
    "distance with its image's diagonal; cases with both masks empty have no distance and stay out",
    "foreground_mean": "nnU-Net's keys; Dice and IoU as dice and iou above (nnU-Net leaves cases with both masks "
    "empty out of its mean, here they count as 1); with several classes the mean of their means",
}
CLASS_DEFINITIONS = {
    "classes": "each class against all the rest: of a case its metrics, of the summary its counts and means",
    "several_classes": "of a case: overlaps and distances are means over the classes where they are defined, counts "
    "are sums; status: missed if the prediction lacks a class of the reference, else false_alarm if it adds one, "
    "both_empty if neither mask has any; n_defined counts the cases with a distance for at least one class",
}
_NNUNET = ("Dice", "IoU", "TP", "FP", "FN", "TN", "n_pred", "n_ref")
_WORST_FIRST: tuple[Status, ...] = ("missed", "false_alarm", "ok", "both_empty")

ByClass = dict[str, CaseMetrics]


def summarise(
    cases: Mapping[str, CaseMetrics] | Mapping[str, Mapping[str, CaseMetrics]],
    *,
    unit: Unit,
    tolerance: float | None,
    classes: Mapping[str, int] | None = None,
) -> Summary:
    """Summary of the cases; a mean over no case is None.

    Args:
        cases: case id -> metrics, all computed with one unit and tolerance; or, from `case_class_metrics`, case id
            -> class name -> metrics.
        unit: unit of every distance: "mm", or "voxel" for spacing 1.
        tolerance: the tolerance of `nsd` in that unit, None if `nsd` was left out.
        classes: class name -> label value, as `case_class_metrics` took them; None: one class of value 1. With
            several, the summary and each case also have every class alone.

    Raises:
        ValueError: a metric is NaN or infinite (a bug in whatever made it; it would be no JSON), or a case does not
            have the metrics of exactly `classes`.
    """
    values = {"foreground": 1} if classes is None else dict(classes)
    several = len(values) > 1
    table = {case: _by_class(case, metrics, values) for case, metrics in cases.items()}
    alone = {name: [{name: by_class[name]} for by_class in table.values()] for name in values}
    nnunet = {str(values[name]): _means([_nnunet(one[name]) for one in of], _NNUNET) for name, of in alone.items()}
    counted = _counted(list(table.values()), nnunet=nnunet)
    return Summary(
        **vars(counted),
        foreground_mean=_means(list(nnunet.values()), _NNUNET),
        classes={name: _counted(of, value=values[name]) for name, of in alone.items()} if several else None,
        unit=unit,
        tolerance=tolerance,
        metric_per_case=[_row(case, by_class, values) for case, by_class in table.items()],
        definitions={
            "unit": "distances in voxels: every spacing taken as 1" if unit == "voxel" else "distances in mm",
            "tolerance": "nsd not computed" if tolerance is None else f"nsd at {tolerance:g} {unit}",
            **DEFINITIONS,
            **SUMMARY_DEFINITIONS,
            **(CLASS_DEFINITIONS if several else {}),
        },
    )


def _by_class(case: str, metrics: CaseMetrics | Mapping[str, CaseMetrics], classes: Mapping[str, int]) -> ByClass:
    """The metrics of a case by class name, in the order of `classes`."""
    found = dict(metrics) if isinstance(metrics, Mapping) else {next(iter(classes)): metrics}
    if found.keys() != classes.keys():
        raise ValueError(f"case {case}: metrics of {', '.join(found)}, asked for are {', '.join(classes)}")
    for one in found.values():
        bad = [name for name, value in asdict(one).items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"case {case}: {', '.join(bad)} not finite")
    return {name: found[name] for name in classes}


def _row(case: str, by_class: ByClass, classes: Mapping[str, int]) -> CaseRow:
    metrics = list(by_class.values())
    means: dict[str, Any] = {name: _class_mean(metrics, name) for name in METRICS}
    return CaseRow(
        case=case,
        status=_status(metrics),
        **means,
        **{name: sum(getattr(one, name) for one in metrics) for name in COUNTS},
        diagonal=metrics[0].diagonal,
        metrics={str(classes[name]): _nnunet(one) for name, one in by_class.items()},
        classes=by_class if len(by_class) > 1 else None,
    )


def _counted(
    cases: Sequence[ByClass], *, value: int | None = None, nnunet: Mapping[str, Values] | None = None
) -> Counted:
    metrics = [list(by_class.values()) for by_class in cases]
    statuses = [_status(of_case) for of_case in metrics]

    def mean(*, penalised: bool) -> Values:
        rows = [{name: _class_mean(one, name, penalised=penalised) for name in METRICS} for one in metrics]
        return _means(rows, METRICS)

    return Counted(
        value=value,
        n_cases=len(metrics),
        n_defined=sum(any(one.status == "ok" for one in of_case) for of_case in metrics),
        n_missed=statuses.count("missed"),
        n_false_alarm=statuses.count("false_alarm"),
        n_both_empty=statuses.count("both_empty"),
        mean=mean(penalised=False) | dict(nnunet or {}),
        penalised_mean=mean(penalised=True),
    )


def _status(metrics: Sequence[CaseMetrics]) -> Status:
    """The status of a case: of its classes the worst."""
    found = {one.status for one in metrics}
    return next(status for status in _WORST_FIRST if status in found)


def _class_mean(metrics: Sequence[CaseMetrics], name: str, *, penalised: bool = False) -> float | None:
    """A metric of a case: the mean over its classes where it is defined."""
    alone = ("missed", "false_alarm") if penalised and name in DISTANCES else ()
    return _mean([one.diagonal if one.status in alone else getattr(one, name) for one in metrics])


def _nnunet(metrics: CaseMetrics) -> Values:
    tp, fp, fn = metrics.tp, metrics.fp, metrics.fn
    return dict(zip(_NNUNET, (metrics.dice, metrics.iou, tp, fp, fn, metrics.tn, tp + fp, tp + fn), strict=True))


def _means(rows: Sequence[Values], keys: Sequence[str]) -> Values:
    return {key: _mean([row[key] for row in rows]) for key in keys}


def _mean(values: Sequence[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return fmean(defined) if defined else None
