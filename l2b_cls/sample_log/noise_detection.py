"""How well a training sample's score tells right given labels from wrong ones: the AUC of noise detection."""

import numpy as np


def noise_detection(
    given: np.ndarray,
    clean: np.ndarray,
    *,
    loss: np.ndarray,
    weight_net: np.ndarray | None = None,
    alpha: np.ndarray | None = None,
    beta: np.ndarray | None = None,
) -> dict[str, float | None]:
    """AUC of each score, positive = the given label is the clean one (RMNW-Net, WACV 2021, Table 3).

    given, clean: labels (N,), clean -1 where it is not known (the sample is left out). Scores (N,), NaN where a sample
    has none: "weight_net", the weight net's output; "alpha", and "alpha_minus_beta", mean weights of an epoch; and for
    comparison "loss", the AUC of -loss, which any weight net that falls with the loss reaches by itself.
    None instead of a number where the samples with a score are all right or all wrong, or there are none.
    """
    scores = {"loss": -np.asarray(loss, np.float64), "weight_net": weight_net, "alpha": alpha}
    if alpha is not None and beta is not None:
        scores["alpha_minus_beta"] = np.asarray(alpha, np.float64) - np.asarray(beta, np.float64)
    right = given == clean
    return {
        name: area_under_curve(np.where(clean < 0, np.nan, score), right)
        for name, score in scores.items()
        if score is not None
    }


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> float | None:
    """Chance that a positive's score (N,) is above a negative's, in [0, 1], ties counted half (Mann-Whitney).

    In float64 with average ranks: a saturated weight net gives many equal or nearly equal scores. Samples of score NaN
    are left out; None where no positive or no negative is left.
    """
    from scipy.stats import rankdata

    known = ~np.isnan(score)
    ranks = rankdata(np.asarray(score, np.float64)[known])
    positive = np.asarray(positive, bool)[known]
    up, down = int(positive.sum()), int((~positive).sum())
    if not up or not down:
        return None
    return float((ranks[positive].sum() - up * (up + 1) / 2) / (up * down))
