"""How well a ranking finds what is wrong, where it is known because the noise was made."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def detection_quality(score: np.ndarray, wrong: np.ndarray) -> dict[str, float | None]:
    """auroc and average_precision of a ranking (n,), higher is more suspicious, against wrong (n,) bool.

    None where they are not defined: nothing is wrong, or everything.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    defined = bool(wrong.any()) and not bool(wrong.all())
    return {
        "auroc": float(roc_auc_score(wrong, score)) if defined else None,
        "average_precision": float(average_precision_score(wrong, score)) if defined else None,
    }


def flag_quality(flags: Mapping[str, np.ndarray], wrong: np.ndarray) -> dict[str, dict[str, Any]]:
    """Of each named set of flagged labels, (n,) bool: flagged (how many), precision, recall; None where not defined."""
    return {
        name: {
            "flagged": int(flagged.sum()),
            "precision": float(wrong[flagged].mean()) if flagged.any() else None,
            "recall": float(flagged[wrong].mean()) if wrong.any() else None,
        }
        for name, flagged in flags.items()
    }
