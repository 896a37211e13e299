"""How well an epoch's splits tell right given labels from wrong ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from l2b_cls.sample_log.noise_detection import area_under_curve
from l2b_run.methods.split import Split, split_row


def split_quality(splits: Sequence[Split], given: np.ndarray, clean: np.ndarray) -> dict[str, Any]:
    """`split_row`, and where clean labels (n,) are known (not -1) the splits' purity and AUC, mean of the networks'.

    purity: share of the labelled samples whose given label (n,) is the clean one; AUC: of the split's probability.
    Beside each mean, under "splits", every network's own; None where it is not defined.
    """
    row, known, right = split_row(splits), clean >= 0, given == clean
    for split, of_network in zip(splits, row.get("splits", []), strict=True):
        at = split.labelled[known[split.labelled]]
        of_network["purity"] = float(right[at].mean()) if len(at) else None
        of_network["auc"] = area_under_curve(np.where(known, split.probability, np.nan), right)
    for name in ("purity", "auc"):
        values = [one[name] for one in row.get("splits", []) if one[name] is not None]
        row |= {f"split_{name}": sum(values) / len(values)} if values else {}
    return row
