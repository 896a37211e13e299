"""The evidence about a case in numbers: a row a slice, a row for the case."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from l2b_data.cases.dice import dice
from l2b_data.cases.surface import surface_distances
from l2b_seg.audit.judges.expected_dice import DEFINITION as EXPECTED_DICE
from l2b_seg.audit.judges.expected_dice import UNSURE, expected_dice
from l2b_seg.audit.mistakes.expected_error import DEFINITION as EXPECTED
from l2b_seg.audit.mistakes.expected_error import expected_error
from l2b_seg.audit.mistakes.score import DEFINITION as SCORE
from l2b_seg.audit.outlook import Outlook

SLICE_DEFINITIONS = {
    "rank": "place by score, 1 is the most suspicious",
    "slice": "index of the slice in the file, from 0",
    "fold": "number of the network that judged it, trained without this case; empty: no fold's network, see judged_by",
    "score": "suspicion in [0, 1]: 1 - exp(-s). s = mean of disagreement and soft_min, expected_error, and half of the "
    "case's s where its diagnosis means the slice; of a single slice the case's",
    "diagnosis": "kind of mistake the case's mask has here; empty: none is named",
    "state": "ok: mask and proposal have pixels; no mask: the mask is empty, the proposal not; no proposal: the other "
    "way round; both empty",
    "dice": "Dice of given mask and proposal, all foreground; 1 where both are empty",
    "hd": "Hausdorff distance of their borders in the slice, all foreground; empty where one has no pixel",
    "hd95": "the larger of the two directed 95th percentiles of the border distances",
    "assd": "mean border distance of both directions together",
    "given_area": "area of the given mask, unit squared",
    "proposal_area": "area of the proposal, unit squared",
    "disagreement": "pixels where mask and proposal differ, each counted with the network's confidence (probability of "
    "its label less that of the given one), as a share of the area of both together",
    "expected_error": EXPECTED,
}
"""What each column of audit.csv is, as written into audit.json; the baselines and truth have theirs elsewhere."""

CASE_DEFINITIONS = {
    "part": "of the split: train, meta or test",
    "in_sample": "whether what judged it had learnt from it",
    "score": SCORE,
    "diagnosis": "kind of mistake the mask has, as `corrupt --mistakes` names it; empty: none is named",
    "sure": "how surely, in [0, 1]",
    "said": "the same in words",
    "partner": "the case whose mask is exchanged with this one's",
    "mend": "whether `audit --mend` can undo it",
    "expected_dice": EXPECTED_DICE,
    "unsure": f"whether the judge is unsure of this case: expected_dice below {UNSURE:g} of the median of the set",
    "worst_slice": "slice with the highest score",
    "worst_score": "its score",
    "slices": "slices of the case",
    "dice": "Dice of given mask and proposal over the whole case, all foreground",
    "disagreement": "as of a slice, over the whole case",
    "hd95": "as of a slice, in 3-D (in the plane for a single slice)",
    "assd": "as of a slice, in 3-D (in the plane for a single slice)",
    "given_volume": "volume of the given mask, unit cubed (area, unit squared, for a single slice)",
    "proposal_volume": "volume of the proposal",
}


def slice_rows(
    outlook: Outlook, fold: int | None, usual: Sequence[float], usable: Sequence[int]
) -> list[dict[str, Any]]:
    """A row for every slice with the columns of SLICE_DEFINITIONS but those that need the whole set.

    usual: as `usual_shares`. usable: label values of the classes that count in a score.
    """
    first = len(outlook.smoothed) - len(usual) - 1  # -1 for one class; of several the first map is the background's
    expected = np.mean(
        [expected_error(outlook.given == value, outlook.smoothed[value + first], usual[value - 1]) for value in usable],
        axis=0,
    )
    sure = outlook.confidence
    pixel_area = outlook.spacing[1] * outlook.spacing[2]
    rows = []
    for index in range(len(outlook.given)):
        given, proposal = outlook.given[index], outlook.proposal[index]
        doubt = np.where(given != proposal, sure[index], 0)
        whole = max(1, int(np.count_nonzero((given > 0) | (proposal > 0))))
        rows.append(
            {"case": outlook.case, "slice": index, "fold": fold, "score": 0.0, "diagnosis": None}
            | _distances(proposal > 0, given > 0, outlook.spacing[1:])
            | {
                "given_area": float(np.count_nonzero(given) * pixel_area),
                "proposal_area": float(np.count_nonzero(proposal) * pixel_area),
                "disagreement": float(doubt.sum() / whole),
                "expected_error": float(expected[index]),
            }
        )
    return rows


def case_row(outlook: Outlook, disagreement: float, fold: int | None) -> dict[str, Any]:
    """The case's row, with the columns of CASE_DEFINITIONS but those that need the whole set."""
    given, proposal = outlook.given > 0, outlook.proposal > 0
    pair, spacing = (proposal, given), outlook.spacing
    if len(given) == 1:
        pair, spacing = (proposal[0], given[0]), spacing[1:]
    distances, voxel = _distances(*pair, spacing), float(np.prod(spacing))
    of_set = {"diagnosis": None, "sure": None, "said": None, "partner": None, "mend": False}
    return {
        "case": outlook.case,
        "fold": fold,
        "score": 0.0,
        **of_set,
        "expected_dice": expected_dice(outlook),
        "unsure": False,
        "worst_slice": 0,
        "worst_score": 0.0,
        "slices": len(given),
        **{key: distances[key] for key in ("dice", "hd95", "assd")},
        "disagreement": disagreement,
        "given_volume": float(np.count_nonzero(given) * voxel),
        "proposal_volume": float(np.count_nonzero(proposal) * voxel),
    }


def _distances(proposal: np.ndarray, given: np.ndarray, spacing: tuple[float, ...]) -> dict[str, Any]:
    found = surface_distances(proposal, given, spacing)
    states = {"missed": "no proposal", "false_alarm": "no mask", "both_empty": "both empty"}
    overlap = {"state": states.get(found.status, "ok"), "dice": dice(proposal, given)}
    return overlap | {"hd": found.hd, "hd95": found.hd95, "assd": found.assd}
