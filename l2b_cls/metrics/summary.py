"""The summary of a run, and that of a later evaluation: the content of summary.json."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from l2b_cls.metrics.sample_metrics import DEFINITIONS
from l2b_run.folder.record import Record
from l2b_run.folder.summary import RunSummary, mean_of_last, of_run
from l2b_run.training.epoch_row import EpochRow

if TYPE_CHECKING:
    from l2b_cls.config import Settings
    from l2b_cls.run_data import RunData

SUMMARY_DEFINITIONS = {
    "effective_noise": "share of the training samples whose given label is not the true one; null: not known",
    "auc_noise_detection": "chance that a rightly labelled training sample scores above a wrongly labelled one, at the "
    "last logged epoch; by the weight net's output, alpha - beta, alpha, and, for comparison, -loss; null: not defined",
    "auc_noise_detection_best": "the highest of each over the logged epochs",
    "train_seconds": "of the training steps alone; total_seconds: with evaluations and logs, of the last start",
}


@dataclass(frozen=True, kw_only=True)
class Scores(Record):
    """`classification_metrics` of one network; of the best epoch's, which epoch and how it was chosen."""

    accuracy: float | None
    balanced_accuracy: float | None
    auc: float | None
    confusion_matrix: list[list[int]]
    epoch: int | None = None
    chosen_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunScores(Record):
    """Of the best and of the last epoch's network, and the mean accuracy of the last ten evaluations."""

    best: Scores
    last: Scores
    mean_last_10: float


@dataclass(frozen=True, kw_only=True)
class Summary(RunSummary):
    """Of a training run; `definitions` says what its numbers are.

    noise, noise_seed: what made the given labels. auc_noise_detection: by the name of the score that ranks.
    """

    KEYS: ClassVar = (
        *("method", "meta_source", "method_text", "noise", "noise_seed", "effective_noise", "seed", "recipe", "preset"),
        *("classes", "n_train", "n_meta", "n_evaluation", "test", "auc_noise_detection", "auc_noise_detection_best"),
        *("train_seconds", "definitions", "total_seconds", "peak_memory_mb", "warnings", "one_class"),
    )

    noise: str | None = None
    noise_seed: int | None
    effective_noise: float | None
    recipe: str | None
    classes: list[str]
    n_train: int
    n_meta: int
    n_evaluation: int
    test: RunScores
    auc_noise_detection: dict[str, float | None] = field(default_factory=dict)
    auc_noise_detection_best: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EvaluationSummary(Scores, RunSummary):
    """Of a finished run's network on `n_evaluation` samples; `samples` says which."""

    KEYS: ClassVar = (
        *("run", "dataset", "samples", "n_evaluation", "classes"),
        *("accuracy", "balanced_accuracy", "auc", "confusion_matrix", "definitions"),
    )

    run: str
    dataset: str
    samples: str
    n_evaluation: int
    classes: list[str]


def run_summary(
    last: Scores, best: Scores, *, settings: "Settings", method_text: str, data: "RunData", history: Sequence[EpochRow]
) -> Summary:
    """Summary of a finished run but for its whole time and its memory.

    last, best: of the last and of the best epoch's network, best with its epoch. It is chosen on the evaluated samples
    themselves, as in the papers: read `last` for an honest figure. history: a row an epoch.
    """
    logged = [row for row in history if "auc_noise_detection" in row.watched]
    detections = [(row.epoch, row.watched["auc_noise_detection"]) for row in logged]
    highest: dict[str, dict[str, float]] = {}
    for epoch, found in detections:
        for name, value in found.items():
            if value is not None and (name not in highest or value > highest[name]["auc"]):
                highest[name] = {"auc": value, "epoch": epoch}
    chosen = replace(best, chosen_on="the evaluated samples")
    return Summary(
        **of_run(settings, method_text, history),
        noise=data.noise["noise"],
        noise_seed=data.noise["seed"],
        effective_noise=data.noise["effective_rate"],
        recipe=settings.recipe,
        classes=settings.task.classes,
        n_train=len(data.train),
        n_meta=len(data.meta),
        n_evaluation=len(data.evaluation),
        test=RunScores(best=chosen, last=last, mean_last_10=mean_of_last(history, "accuracy")),
        auc_noise_detection=dict(detections[-1][1]) if detections else {},
        auc_noise_detection_best=highest,
        definitions=DEFINITIONS | SUMMARY_DEFINITIONS,
    )
