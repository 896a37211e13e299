"""The evidence about a case in numbers: a row a slice, a row for the case."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from l2b_data.cases.dice import dice
from l2b_data.cases.surface import surface_distances
from l2b_seg.audit.outlook import Outlook, confidence
from l2b_seg.audit.score import DRAWN, OUTLINE, suspicion

SLICE_DEFINITIONS = {
    "rank": "place by score, 1 is the most suspicious",
    "slice": "index of the slice in the file, from 0",
    "fold": "number of the network that judged it, trained without this case; empty: no fold's network, see judged_by",
    "score": "suspicion in [0, 1]: 1 - expected Dice of the given mask. Expected Dice = presence * agreement * "
    f"{OUTLINE:g} where the mask has pixels, 1 - presence where it has none; of several classes the mean",
    "presence": "in [0, 1], how surely the slice shows a class: mean probability of its most probable pixels, as many "
    f"as the class usually covers; at least {DRAWN:g} where the mask has pixels, and filled between such slices over "
    "gaps of up to two; of several classes the highest",
    "agreement": "Dice of the given mask with the network's outline, taken where the probability is above half of its "
    "mean over those most probable pixels; of several classes the mean over those in the mask; empty for an empty mask",
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
}
"""What each column of audit.csv is, as written into audit.json; the baselines and truth have theirs elsewhere."""

CASE_DEFINITIONS = {
    "part": "of the split: train, meta or test",
    "in_sample": "whether what judged it had learnt from it",
    "score": "mean of the slices' scores, weighted by the area of mask and proposal together",
    "worst_slice": "slice with the highest score",
    "worst_score": "its score",
    "slices": "slices of the case",
    "suspect_slices": "slices with a score above 0.5",
    "dice": "Dice of given mask and proposal over the whole case, all foreground",
    "hd95": "as of a slice, in 3-D (in the plane for a single slice)",
    "assd": "as of a slice, in 3-D (in the plane for a single slice)",
    "given_volume": "volume of the given mask, unit cubed (area, unit squared, for a single slice)",
    "proposal_volume": "volume of the proposal",
}


def slice_rows(outlook: Outlook, usual: list[float], fold: int | None, usable: Sequence[int]) -> list[dict[str, Any]]:
    """A row for every slice with the columns of SLICE_DEFINITIONS but the rank; `usual` as `usual_shares` gives it.

    usable: label values of the classes that count in the score; a judge may be no judge of the others.
    """
    sure = confidence(outlook)
    suspicions = _suspicions(outlook, usual, usable)
    pixel_area = outlook.spacing[1] * outlook.spacing[2]
    rows = []
    for index in range(len(outlook.given)):
        given, proposal = outlook.given[index], outlook.proposal[index]
        doubt = np.where(given != proposal, sure[index], 0)
        whole = max(1, int(np.count_nonzero((given > 0) | (proposal > 0))))
        rows.append(
            {"case": outlook.case, "slice": index, "fold": fold}
            | suspicions[index]
            | _distances(proposal > 0, given > 0, outlook.spacing[1:])
            | {
                "given_area": float(np.count_nonzero(given) * pixel_area),
                "proposal_area": float(np.count_nonzero(proposal) * pixel_area),
                "disagreement": float(doubt.sum() / whole),
            }
        )
    return rows


def case_row(outlook: Outlook, slices: list[dict[str, Any]], fold: int | None) -> dict[str, Any]:
    """The case's row, with the columns of CASE_DEFINITIONS, of its slices' rows."""
    scores = np.array([row["score"] for row in slices])
    given, proposal = outlook.given > 0, outlook.proposal > 0
    areas = np.count_nonzero(given | proposal, axis=(1, 2)).astype(float)
    worst = int(scores.argmax())
    pair, spacing = (proposal, given), outlook.spacing
    if len(given) == 1:
        pair, spacing = (proposal[0], given[0]), spacing[1:]
    distances, voxel = _distances(*pair, spacing), float(np.prod(spacing))
    return {
        "case": outlook.case,
        "fold": fold,
        "score": float(np.average(scores, weights=areas if areas.any() else None)),
        "worst_slice": worst,
        "worst_score": float(scores[worst]),
        "slices": len(slices),
        "suspect_slices": int(np.count_nonzero(scores > 0.5)),
        **{key: distances[key] for key in ("dice", "hd95", "assd")},
        "given_volume": float(np.count_nonzero(given) * voxel),
        "proposal_volume": float(np.count_nonzero(proposal) * voxel),
    }


def _suspicions(outlook: Outlook, usual: list[float], usable: Sequence[int]) -> list[dict[str, float | None]]:
    """A slice each; of several classes mean score, highest presence, mean agreement over the classes in the mask."""
    first = len(outlook.smoothed) - len(usual) - 1  # -1 for one class; of several the first map is the background's
    masks = [outlook.given == value for value in usable]
    each = [
        suspicion(mask, outlook.smoothed[value + first], usual[value - 1])
        for value, mask in zip(usable, masks, strict=True)
    ]
    rows = []
    for index in range(len(outlook.given)):
        drawn = [float(found.agreement[index]) for mask, found in zip(masks, each, strict=True) if mask[index].any()]
        score = float(np.mean([found.score[index] for found in each]))
        presence = float(max(found.presence[index] for found in each))
        agreement = float(np.mean(drawn)) if drawn else None
        rows.append({"score": score, "presence": presence, "agreement": agreement})
    return rows


def _distances(proposal: np.ndarray, given: np.ndarray, spacing: tuple[float, ...]) -> dict[str, Any]:
    found = surface_distances(proposal, given, spacing)
    states = {"missed": "no proposal", "false_alarm": "no mask", "both_empty": "both empty"}
    overlap = {"state": states.get(found.status, "ok"), "dice": dice(proposal, given)}
    return overlap | {"hd": found.hd, "hd95": found.hd95, "assd": found.assd}
