"""How well a ranking finds the masks that are wrong, where the clean ones are known because the noise was made."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.dice import dice
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.noise_manifest import MANIFEST, read_manifest
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_run.audit.quality import detection_quality

LOG = logging.getLogger(__name__)

WRONG_BELOW = 0.9
"""A given slice is wrong where its Dice against the clean one is below this, or where one of them alone is empty."""

DEFINITIONS = {
    "true_dice": "Dice of the given mask against the clean one in the slice, on the native grid, of several "
    "classes the mean over those in either; 1 where both are empty. Read after the ranking was made, for this alone",
    "wrong": f"whether true_dice is below {WRONG_BELOW:g}",
    "auroc": "probability that a wrong slice is ranked before a right one",
    "average_precision": "area under precision against recall, by steps",
    "spearman": "rank correlation of the score with 1 - true_dice",
    "all": "over all slices with a known clean mask; slices where both masks are empty count as right",
    "foreground": "over the slices where the given or the clean mask has pixels: whether a slice shows the organ at "
    "all helps no ranking here",
}


def clean_dice(dataset: Dataset, labels: str, cases: Sequence[str], plane: str | None) -> dict[str, list[float | None]]:
    """Case -> for each slice in `plane` the Dice of the given mask against the clean one, None where both are empty.

    Only where folder `labels` was made by `corrupt` from the very masks that labelsTr holds (its manifest has their
    hashes): cases for which this cannot be shown are left out. Nothing else in the audit reads a clean mask of a
    training case.
    """
    if labels == CLEAN_LABELS or not (dataset.root / labels / MANIFEST).is_file():
        return {}
    try:
        made_from = read_manifest(dataset.root / labels)["cases"]
    except DataError as error:
        LOG.warning("no comparison with the clean masks: %s", error)
        return {}
    found = {}
    for case in cases:
        clean_path = dataset.label_path(case)
        row = made_from.get(case)
        if row is None or not clean_path.is_file() or sha256_file(clean_path) != row["source_sha256"]:
            LOG.warning("%s: %s is not the clean mask the noise was made from; not compared", case, clean_path)
            continue
        clean, given = case_labels(dataset, case), case_labels(dataset, case, labels)
        cut = given.cut(plane)
        found[case] = slice_dice(cut.apply(given.array), cut.apply(clean.array))
    return found


def slice_dice(given: np.ndarray, clean: np.ndarray) -> list[float | None]:
    """Dice of each slice of two label maps (D, H, W), mean over the classes in either; None where both are empty."""
    found: list[float | None] = []
    for mine, theirs in zip(given, clean, strict=True):
        labels = sorted({*np.unique(mine).tolist(), *np.unique(theirs).tolist()} - {0})
        values = [dice(mine == label, theirs == label) for label in labels]
        found.append(float(np.mean(values)) if values else None)
    return found


def ranking_quality(
    scores: Mapping[str, Sequence[float]], dice: Sequence[float | None], wrong_below: float = WRONG_BELOW
) -> dict[str, Any]:
    """Of each named ranking (higher is more suspicious): auroc, average_precision, spearman, over all and foreground.

    dice: as `slice_dice`, for the same slices; below `wrong_below` a slice is wrong. A number that is not defined (no
    wrong slice, or no right one) is None.
    """
    from scipy.stats import spearmanr

    known = np.array([1.0 if value is None else value for value in dice])
    shown = np.array([value is not None for value in dice])
    quality: dict[str, Any] = {}
    for part, chosen in (("all", np.ones(len(known), bool)), ("foreground", shown)):
        wrong = known[chosen] < wrong_below
        quality[part] = {"slices": int(chosen.sum()), "wrong": int(wrong.sum())}
        for name, values in scores.items():
            score, error = np.asarray(values, float)[chosen], 1 - known[chosen]
            varies = len(score) > 1 and np.ptp(score) > 0 and np.ptp(error) > 0
            spearman = float(spearmanr(score, error).statistic) if varies else None
            quality[part][name] = detection_quality(score, wrong) | {"spearman": spearman}
    return quality
