"""What the ranking is compared with: the loss of the given label, and cleanlab's confident learning."""

import numpy as np

from l2b_data.files.extras import missing_modules

DEFINITIONS = {
    "loss": "-log of the given label's probability under the network that judged the sample: the usual way to rank; "
    "cleanlab's default label quality (self-confidence) gives the same order",
    "cleanlab": "cleanlab's class-adjusted margin, not its default: 1 - label quality by "
    "cleanlab.rank.get_label_quality_scores (normalized_margin, adjust_pred_probs), from the same probabilities; empty "
    "where cleanlab is not installed (extra `audit`)",
    "cleanlab_flagged": "found by cleanlab.filter.find_label_issues (prune_by_noise_rate), from the same probabilities",
}

_FLOOR = 1e-7  # probabilities below it are rounding of float32


def given_losses(probabilities: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Cross-entropy of the given labels (n,), of probabilities (n, K)."""
    of_given = np.take_along_axis(probabilities.astype(np.float64), given[:, None], 1)[:, 0]
    return -np.log(np.clip(of_given, _FLOOR, 1))


def cleanlab_opinion(probabilities: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(1 - label quality (n,), flagged as wrong (n,) bool) of the same probabilities; None where it is not installed.

    Classes that no sample was given are left out of what cleanlab sees: it knows no empty class.
    """
    if missing_modules("audit"):
        return None
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    present, labels = np.unique(given, return_inverse=True)
    if len(present) < 2:
        return np.zeros(len(given)), np.zeros(len(given), bool)
    seen = np.clip(probabilities[:, present].astype(np.float64), _FLOOR, 1)
    seen /= seen.sum(1, keepdims=True)
    quality = get_label_quality_scores(labels, seen, method="normalized_margin", adjust_pred_probs=True)
    flagged = find_label_issues(labels, seen, n_jobs=1)
    return 1 - np.asarray(quality), np.asarray(flagged)
