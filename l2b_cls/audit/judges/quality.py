"""How good the judges are: accuracy and recall a class, before anything is said of a label."""

from collections.abc import Sequence
from typing import Any

import numpy as np

ON_CLEAN, ON_GIVEN = "clean samples left out", "given labels"

DEFINITIONS = {
    "on": f"{ON_CLEAN}: the clean (meta) samples, each judged by a network that did not learn from it; {ON_GIVEN}: no "
    "clean samples are there, so agreement with the labels under audit themselves",
    "accuracy": "share of these samples that the judges put in their class",
    "balanced_accuracy": "mean of the recalls of the classes",
    "recall": "of the samples of a class the share that the judges put there; empty for a class without samples",
    "predicted": "training samples that the judges put in the class",
    "never_predicted": "classes that no training sample is put in: nothing can be said of their labels",
}


def judges_quality(
    probabilities: np.ndarray,
    given: np.ndarray,
    *,
    clean_probabilities: np.ndarray,
    clean: np.ndarray,
    classes: Sequence[str],
) -> dict[str, Any]:
    """The keys of DEFINITIONS and n, with a row a class: class, recall, n, predicted.

    probabilities: (n, K) of the training samples, given: (n,). clean_probabilities, clean: (m, K), (m,); m may be 0.
    """
    on_clean = len(clean) > 0
    said, labels = (clean_probabilities.argmax(1), clean) if on_clean else (probabilities.argmax(1), given)
    predicted = np.bincount(probabilities.argmax(1), minlength=len(classes))
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(classes):
        own = labels == number
        recall = float((said[own] == number).mean()) if own.any() else None
        rows.append({"class": name, "recall": recall, "n": int(own.sum()), "predicted": int(predicted[number])})
    recalls = [row["recall"] for row in rows if row["recall"] is not None]
    return {
        "on": ON_CLEAN if on_clean else ON_GIVEN,
        "n": len(labels),
        "accuracy": float((said == labels).mean()),
        "balanced_accuracy": float(np.mean(recalls)),
        "classes": rows,
        "never_predicted": [name for name, many in zip(classes, predicted.tolist(), strict=True) if not many],
    }
