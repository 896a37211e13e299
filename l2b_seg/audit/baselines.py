"""The simple ways to rank masks, beside the audit's: of a slice and of a whole case."""

from typing import Any

import numpy as np

from l2b_seg.audit.outlook import Outlook, probability_of

BASELINES = ("one_minus_dice", "loss", "soft_min", "hd95")

DEFINITIONS = {
    "one_minus_dice": "1 - Dice of given mask and proposal, all foreground: the usual way to rank",
    "loss": "mean cross-entropy of the given mask, over all pixels, under the probabilities of what judged it",
    "soft_min": "1 - soft minimum of the probability p of each pixel's given label: 1 - sum(p w) / sum(w) with "
    "w = exp((1 - p) / 0.1), over all pixels; of a slice, cleanlab's segmentation score (Lad and Mueller 2023), of a "
    "case the same of the whole volume as one image",
}
"""`hd95` has its definition among the evidence."""

_FLOOR = 1e-7  # probabilities below it are rounding of float32
_TEMPERATURE = 0.1  # cleanlab's default


def add_baselines(outlook: Outlook, case: dict[str, Any], slices: list[dict[str, Any]]) -> None:
    """Add the numbers of DEFINITIONS to the row of a case and to those of its slices."""
    of_given = probability_of(outlook.probability, outlook.given)
    losses, (minima, minimum) = losses_of(of_given), soft_minimum(of_given)
    for row, loss, of_slice in zip(slices, losses.tolist(), minima.tolist(), strict=True):
        row |= {"one_minus_dice": 1 - row["dice"], "loss": loss, "soft_min": of_slice}
    case |= {"one_minus_dice": 1 - case["dice"], "loss": float(losses.mean()), "soft_min": minimum}


def losses_of(of_given: np.ndarray) -> np.ndarray:
    """Mean cross-entropy of each slice, (D,) float64, of the given labels' probabilities (D, H, W)."""
    return -np.log(np.clip(of_given, _FLOOR, 1)).mean((1, 2), dtype=np.float64)


def soft_minimum(of_given: np.ndarray) -> tuple[np.ndarray, float]:
    """1 - soft minimum of the given labels' probabilities (D, H, W): of each slice, (D,) float64, and of the case.

    It is cleanlab's softmin (Lad and Mueller 2023, arXiv 2307.05080). Written here, its sums over slices give the whole
    case's value too, for which cleanlab makes float64 copies of the volume.
    """
    weights = np.exp((1 - of_given) / np.float32(_TEMPERATURE))
    whole = weights.sum((1, 2), dtype=np.float64)
    weights *= of_given
    weighted = weights.sum((1, 2), dtype=np.float64)
    return 1 - weighted / whole, float(1 - weighted.sum() / whole.sum())
