"""The summary of a run: the content of summary.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from l2b_cls.config import Settings
from l2b_cls.metrics.sample_metrics import DEFINITIONS
from l2b_run.training.epoch_row import EpochRow

SUMMARY_DEFINITIONS = {
    "effective_noise": "share of the training samples whose given label is not the true one; null: not known",
    "auc_noise_detection": "chance that a rightly labelled training sample scores above a wrongly labelled one, at the "
    "last logged epoch; by the weight net's output, alpha - beta, alpha, and, for comparison, -loss; null: not defined",
    "auc_noise_detection_best": "the highest of each over the logged epochs",
    "train_seconds": "of the training steps alone; total_seconds: with evaluations and logs, of the last start",
}


def summarise_run(
    settings: Settings,
    split: Mapping[str, Any],
    history: Sequence[EpochRow],
    *,
    last: Mapping[str, Any],
    best: Mapping[str, Any],
    method_text: str,
) -> dict[str, Any]:
    """Summary of a finished run, ready for JSON.

    split: `RunData.record`. history: a row an epoch. last, best: `classification_metrics` of the last network and of
    the best epoch's, the latter with its epoch.
    """
    accuracies = [row.test["accuracy"] for row in history if row.test]
    detections = [(row.epoch, row.watched["auc_noise_detection"]) for row in history if row.watched]
    return {
        "method": settings.method,
        "meta_source": settings.meta.source,
        "method_text": method_text,
        "noise": split["noise"]["noise"],
        "noise_seed": split["noise"]["seed"],
        "effective_noise": split["noise"]["effective_rate"],
        "seed": settings.seed,
        "recipe": settings.recipe,
        "preset": settings.preset,
        "classes": settings.task.classes,
        **{f"n_{part}": len(split[part]) for part in ("train", "meta", "evaluation")},
        "test": {
            "best": dict(best) | {"chosen_on": "the evaluated samples"},
            "last": dict(last),
            "mean_last_10": sum(accuracies[-10:]) / len(accuracies[-10:]),
        },
        "auc_noise_detection": dict(detections[-1][1]) if detections else {},
        "auc_noise_detection_best": _best_of(detections),
        "train_seconds": sum(row.seconds for row in history),
        "definitions": DEFINITIONS | SUMMARY_DEFINITIONS,
    }


def _best_of(detections: Sequence[tuple[int, Mapping[str, float | None]]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for epoch, scores in detections:
        for name, value in scores.items():
            if value is not None and (name not in found or value > found[name]["auc"]):
                found[name] = {"auc": value, "epoch": epoch}
    return found
