"""How well labels are flagged, where the clean ones are known because the noise was made; see l2b_run.audit.quality."""

from collections.abc import Mapping
from typing import Any

import numpy as np

DEFINITIONS = {
    "wrong": "whether the given label differs from the clean one, read after the ranking was made, for this alone",
    "auroc": "probability that a wrong label is ranked before a right one",
    "average_precision": "area under precision against recall, by steps",
    "precision": "share of the flagged labels that are wrong",
    "recall": "share of the wrong labels that are flagged",
    "proposal_accuracy": "share of all proposed labels that are the clean ones; given_accuracy: of the given labels",
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
