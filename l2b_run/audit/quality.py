"""How well a ranking finds what is wrong, where it is known because the noise was made."""

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
