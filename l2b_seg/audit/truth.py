"""How well a ranking finds the masks that are wrong, where clean ones are there to compare with."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

Rows = list[dict[str, Any]]

WRONG_BELOW = 0.9
"""A given slice is wrong where its Dice against the clean one is below this, or where one of them alone is empty."""

DEFINITIONS = {
    "true_dice": "Dice of the given mask against the clean one in the slice, or in the whole case, on the native grid, "
    "of several classes the mean over those in either; 1 where both are empty. Read after the ranking was made, for "
    "this alone",
    "wrong": f"whether true_dice is below {WRONG_BELOW:g}",
    "auroc": "probability that a wrong slice is ranked before a right one",
    "average_precision": "area under precision against recall, by steps",
    "spearman": "rank correlation of the score with 1 - true_dice",
    "cases": "over the cases with a known clean mask, whole volumes",
    "all": "over all slices with a known clean mask; slices where both masks are empty count as right",
    "foreground": "over the slices where the given or the clean mask has pixels: whether a slice shows the organ at "
    "all helps no ranking here",
}


MADE_FROM = "the masks of labelsTr, from which these were made"
BESIDE = "the masks of labelsTr, taken as clean"


@dataclass(frozen=True)
class TrueDice:
    """Dice of the given mask of a case against the clean one: of each slice, None where both are empty; of the case.

    of: where the clean masks are from, in words.
    """

    slices: list[float | None]
    case: float
    of: str


def clean_dice(dataset: Dataset, folders: Mapping[str, str], plane: str | None) -> dict[str, TrueDice]:
    """Case -> its Dice against labelsTr; `folders`: case -> folder of the given mask. Cut in `plane`.

    Only for cases given in another folder than labelsTr, which has a mask of them too. Where a noise manifest says that
    the folder was made from clean masks, its hashes must be those of labelsTr: a case for which they are not is left
    out. Nothing else in the audit reads a clean mask of a training case.
    """
    found = {}
    for folder in dict.fromkeys(folders.values()):
        if _is_clean(dataset, folder):
            continue
        made_from = _made_from(dataset, folder)
        if made_from is None:
            continue
        for case in (case for case, own in folders.items() if own == folder):
            clean_path = dataset.label_path(case)
            if not clean_path.is_file():
                continue
            row = made_from.get(case)
            if made_from and (row is None or sha256_file(clean_path) != row["source_sha256"]):
                LOG.warning("%s: %s is not the clean mask the noise was made from; not compared", case, clean_path)
                continue
            clean, given = case_labels(dataset, case), case_labels(dataset, case, folder)
            cut, of = given.cut(plane), MADE_FROM if made_from else BESIDE
            if faults := given.same_grid(clean):
                LOG.warning("%s: its masks in %s and %s differ in %s; not compared", case, folder, CLEAN_LABELS, faults)
                continue
            pair = cut.apply(given.array), cut.apply(clean.array)
            whole = mean_dice(*pair)
            found[case] = TrueDice(slice_dice(*pair), 1.0 if whole is None else whole, of)
    return found


def _is_clean(dataset: Dataset, folder: str) -> bool:
    return (dataset.root / folder).resolve() == (dataset.root / CLEAN_LABELS).resolve()


def _made_from(dataset: Dataset, folder: str) -> dict[str, Any] | None:
    """The cases of a folder's noise manifest, none without one; None where it is damaged."""
    if not (dataset.root / folder / MANIFEST).is_file():
        return {}
    try:
        cases: dict[str, Any] = read_manifest(dataset.root / folder)["cases"]
    except DataError as error:
        LOG.warning("no comparison with the clean masks: %s", error)
        return None
    return cases


def add_truth(
    dataset: Dataset, folders: Mapping[str, str], plane: str | None, *, cases: Rows, slices: Rows, names: Sequence[str]
) -> dict[str, Any] | None:
    """How good the rankings by the columns `names` are; each row gets true_dice and wrong. None where it is not known.

    A column that is empty where one of the masks is (a distance) ranks such rows first, and those of two empty masks
    last; one that is empty elsewhere is left out.
    """
    known = clean_dice(dataset, folders, plane)
    if not known:
        return None
    for row in (*slices, *cases):
        row["true_dice"] = row["wrong"] = None
        if (found := known.get(row["case"])) is not None:
            value = found.slices[row["slice"]] if "slice" in row else found.case
            row["true_dice"] = 1.0 if value is None else value
            row["wrong"] = row["true_dice"] < WRONG_BELOW
    compared = [row for row in slices if row["case"] in known]
    columns = {name: [_rankable(row, name) for row in compared] for name in names}
    quality = ranking_quality(columns, [known[row["case"]].slices[row["slice"]] for row in compared])
    whole = [row for row in cases if row["case"] in known]
    columns = {name: [_rankable(row, name) for row in whole] for name in names}
    return {
        "of": sorted({found.of for found in known.values()}),
        "cases": _quality(columns, np.array([row["true_dice"] for row in whole]), WRONG_BELOW, "cases"),
        **quality,
    }


def _rankable(row: Mapping[str, Any], name: str) -> float:
    if row[name] is not None:
        return float(row[name])
    return -1.0 if row["dice"] == 1 else float("inf")


def mean_dice(given: np.ndarray, clean: np.ndarray) -> float | None:
    """Dice of two label maps of one shape, mean over the classes in either; None where both are empty."""
    labels = sorted({*np.unique(given).tolist(), *np.unique(clean).tolist()} - {0})
    values = [dice(given == label, clean == label) for label in labels]
    return float(np.mean(values)) if values else None


def slice_dice(given: np.ndarray, clean: np.ndarray) -> list[float | None]:
    """Dice of each slice of two label maps (D, H, W), mean over the classes in either; None where both are empty."""
    return [mean_dice(mine, theirs) for mine, theirs in zip(given, clean, strict=True)]


def ranking_quality(
    scores: Mapping[str, Sequence[float]], dice: Sequence[float | None], wrong_below: float = WRONG_BELOW
) -> dict[str, Any]:
    """Of each named ranking (higher is more suspicious): auroc, average_precision, spearman, over all and foreground.

    dice: as `slice_dice`, for the same slices; below `wrong_below` a slice is wrong. A number that is not defined (no
    wrong slice, or no right one) is None.
    """
    known = np.array([1.0 if value is None else value for value in dice])
    shown = np.array([value is not None for value in dice])
    drawn = {name: np.asarray(values, float)[shown] for name, values in scores.items()}
    return {
        "all": _quality(scores, known, wrong_below, "slices"),
        "foreground": _quality(drawn, known[shown], wrong_below, "slices"),
    }


def _quality(scores: Mapping[str, Any], known: np.ndarray, wrong_below: float, counted: str) -> dict[str, Any]:
    """Of rankings of what has the Dice `known` (n,): how many there are, how many wrong, and how good each is."""
    from scipy.stats import spearmanr

    wrong, error = known < wrong_below, 1 - known
    quality: dict[str, Any] = {counted: len(known), "wrong": int(wrong.sum())}
    for name, values in scores.items():
        order = _finite_order(np.asarray(values, float))
        varies = len(order) > 1 and np.ptp(order) > 0 and np.ptp(error) > 0
        spearman = float(spearmanr(order, error).statistic) if varies else None
        quality[name] = detection_quality(order, wrong) | {"spearman": spearman}
    return quality


def _finite_order(score: np.ndarray) -> np.ndarray:
    """The scores with the infinite ones just above the others."""
    finite = score[np.isfinite(score)]
    return np.where(np.isfinite(score), score, (finite.max() if len(finite) else 0.0) + 1)
