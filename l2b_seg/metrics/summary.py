"""The summary of many cases as summary.json has it: counts, means, a row a case."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from l2b_run.folder.record import Record
from l2b_run.folder.summary import RunSummary, mean_of_last, of_run
from l2b_run.training.epoch_row import EpochRow
from l2b_seg.metrics.case_metrics import CaseMetrics

if TYPE_CHECKING:
    from l2b_seg.config import Settings
    from l2b_seg.run_data import RunData

Unit = Literal["mm", "voxel"]
Values = dict[str, float | None]  # by metric, or by nnU-Net's key; None where it is undefined
Means = dict[str, Any]  # `Values` by metric, of all classes also by the label value, for nnU-Net's readers

OVERLAPS = ("dice", "iou", "nsd")
DISTANCES = ("hd", "hd95", "hd95_pooled", "assd", "masd", "asd_pred_to_ref", "asd_ref_to_pred")
METRICS = (*OVERLAPS, *DISTANCES)
COUNTS = ("tp", "fp", "fn", "tn")


@dataclass(frozen=True, kw_only=True)
class Counted(Record):
    """How many cases, and means over those where a metric is defined; value: the label value of a class alone."""

    value: int | None = None
    n_cases: int
    n_defined: int
    n_missed: int
    n_false_alarm: int
    n_both_empty: int
    mean: Means
    penalised_mean: Means


@dataclass(frozen=True, kw_only=True)
class CaseRow(CaseMetrics, Record):
    """A case: of one class its metrics, of several means and sums over them, and each class alone in `classes`.

    metrics: nnU-Net's by label value. The spacing and the two files are those of `evaluate`.
    """

    KEYS: ClassVar = (
        *("case", "status", *METRICS, *COUNTS, "diagonal", "metrics", "classes"),
        *("spacing", "prediction_file", "reference_file"),
    )

    ALWAYS: ClassVar = (*METRICS, *COUNTS, "diagonal")

    case: str
    metrics: dict[str, Values]
    classes: dict[str, CaseMetrics] | None = None
    spacing: list[float] | None = None
    prediction_file: str | None = None
    reference_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary, Counted):
    """Of a training run, of `evaluate`, or of the cases alone: what does not concern it is None.

    noise: of the given masks, level and seed. last, best: means of the last and of the best epoch's network, `mean` is
    the last one's; best has "epoch" and "chosen_on". classes: each of several alone. tolerance: of nsd, None without.
    """

    KEYS: ClassVar = (
        *("method", "meta_source", "method_text", "noise", "seed", "preset", "last", "best", "mean_last_10"),
        *("n_cases", "n_defined", "n_missed", "n_false_alarm", "n_both_empty", "mean", "penalised_mean"),
        *("foreground_mean", "classes", "unit", "tolerance", "metric_per_case", "definitions"),
        *("foreground", "missing_predictions", "without_reference", "failed", "warnings", "one_class"),
        *("train_seconds", "total_seconds", "peak_memory_mb"),
    )

    noise: dict[str, str | int] | None = None
    last: Means | None = None
    best: Means | None = None
    mean_last_10: float | None = None
    foreground_mean: Values
    classes: dict[str, Counted] | None = None
    unit: Unit
    tolerance: float | None
    metric_per_case: list[CaseRow] = field(default_factory=list)
    foreground: str | None = None
    missing_predictions: list[str] | None = None
    without_reference: list[str] | None = None
    failed: dict[str, str] | None = None


def run_summary(
    last: Summary, best: Means, *, settings: "Settings", method_text: str, data: "RunData", history: Sequence[EpochRow]
) -> Summary:
    """`last`, the summary of a run's last network, with all that concerns the run but its cost in time and memory.

    best: the means of the best epoch's network, and its epoch. It is chosen on the evaluation cases themselves, as in
    the papers: read `last` for an honest figure. history: a row an epoch.
    """
    return replace(
        last,
        **of_run(settings, method_text, history),
        noise=data.noise,
        last=last.mean,
        best=best | {"chosen_on": "the evaluation cases"},
        mean_last_10=mean_of_last(history, "dice"),
    )
