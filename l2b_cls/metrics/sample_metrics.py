"""How well class probabilities fit labels: accuracy, balanced accuracy, AUC, confusion matrix."""

from typing import Any

import numpy as np

DEFINITIONS = {
    "accuracy": "share of the samples whose most probable class is their label",
    "balanced_accuracy": "mean over the classes that occur of the share of their samples recognised (recall)",
    "auc": "area under the ROC curve of each class that occurs against the rest, by its probability; mean over them",
    "confusion_matrix": "counts; row: label, column: most probable class",
    "best": "the epoch of the highest accuracy, chosen on the evaluated samples themselves, as in the papers",
    "mean_last_10": "accuracy, mean of the last ten evaluations",
}


def classification_metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Metrics of probabilities (n, K) against labels (n,) int64 in 0..K-1, ready for JSON; `DEFINITIONS` says which.

    Of equal probabilities the first class counts. No sample: every metric is None; auc is None too where all samples
    have one label.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix

    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    counts = confusion_matrix(labels, predicted, labels=np.arange(classes)).tolist() if len(labels) else []
    if not len(labels):
        return {"accuracy": None, "balanced_accuracy": None, "auc": None, "confusion_matrix": counts}
    recalls = [predicted[labels == label] == label for label in np.unique(labels)]
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(np.mean([found.mean() for found in recalls])),
        "auc": one_vs_rest_auc(probabilities, labels),
        "confusion_matrix": counts,
    }


def one_vs_rest_auc(probabilities: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean AUC over the classes that occur, each against the rest; None where fewer than two classes occur.

    With two classes of probabilities that sum to 1, the ordinary AUC.
    """
    from sklearn.metrics import roc_auc_score

    present = np.unique(labels)
    if len(present) < 2:
        return None
    return float(np.mean([roc_auc_score(labels == label, probabilities[:, label]) for label in present]))
