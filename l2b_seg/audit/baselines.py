"""What the ranking is compared with: a slice's mean loss, and cleanlab's segmentation score."""

import numpy as np

from l2b_data.files.extras import missing_modules
from l2b_seg.audit.outlook import Outlook

DEFINITIONS = {
    "loss": "mean cross-entropy of the slice's given mask under the network that judged it: the usual way to rank",
    "cleanlab": "1 - label quality of the slice by cleanlab.segmentation.rank.get_label_quality_scores (softmin), from "
    "the same probabilities; empty where cleanlab is not installed (extra `audit`)",
}

_FLOOR = 1e-7  # probabilities below it are rounding of float32


def slice_baselines(outlook: Outlook) -> list[dict[str, float | None]]:
    """The numbers of DEFINITIONS for every slice of a case."""
    losses, cleanlab = slice_losses(outlook).tolist(), cleanlab_scores(outlook)
    scores = [None] * len(losses) if cleanlab is None else cleanlab.tolist()
    return [{"loss": loss, "cleanlab": score} for loss, score in zip(losses, scores, strict=True)]


def slice_losses(outlook: Outlook) -> np.ndarray:
    """Mean cross-entropy of each slice, (D,), on the grid of the mask, of the network's probabilities as they are."""
    of_given = np.take_along_axis(_of_labels(outlook), outlook.given[None].astype(np.intp), axis=0)[0]
    return -np.log(np.clip(of_given, _FLOOR, 1)).mean((1, 2), dtype=np.float64)


def cleanlab_scores(outlook: Outlook) -> np.ndarray | None:
    """1 - cleanlab's label quality of each slice, (D,), of the same probabilities; None where it is not installed."""
    if missing_modules("audit"):
        return None
    from cleanlab.segmentation.rank import get_label_quality_scores

    probabilities = np.ascontiguousarray(_of_labels(outlook).swapaxes(0, 1))
    # a slice at a time: it would hold every pixel of the case in float64 besides
    quality = [
        get_label_quality_scores(outlook.given[i : i + 1].astype(int), probabilities[i : i + 1], verbose=False)[0][0]
        for i in range(len(outlook.given))
    ]
    return 1 - np.array(quality, float)


def _of_labels(outlook: Outlook) -> np.ndarray:
    """Probabilities (labels, D, H, W), the background's first."""
    maps = outlook.probability
    return np.concatenate([1 - maps, maps]) if len(maps) == 1 else maps
