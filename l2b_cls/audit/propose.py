"""Which given labels to change, and into what: those of which the judges can tell that a change does good."""

import numpy as np

PRECISION = 0.7
"""Share of right changes among those of a given label, as estimated, below which none is proposed."""

_PRIOR = 5  # clean samples' worth of what other classes have
_KNOWN = {True: 1 / 3, False: 0.5}  # recall from which a class is known: on clean samples, on given labels
_UNSEEN = 0.5  # of one more clean sample that would be changed


def propose(
    joint: np.ndarray,
    given: np.ndarray,
    predicted: np.ndarray,
    *,
    clean_joint: np.ndarray,
    clean: np.ndarray,
    clean_predicted: np.ndarray,
    prior: np.ndarray,
) -> np.ndarray:
    """(n,) int64 proposed labels: the given one, but where the judges can tell that another does good.

    joint: (n, K), what each class has for it, rows sum to 1. predicted: (n,), by the judges alone. prior: (K,), how
    frequent the classes are. A change from class g to k must pay for the share of right labels (joint_k above joint_g)
    and class by class (joint_k / prior_k above joint_g / prior_g). Of a given label those with the largest gain are
    changed, as many as leave PRECISION of them right, and gain the other classes the recall that its own loses. What it
    loses is told by clean samples (m, K) of that class, whose labels are known to be right: the share of them that
    would be changed, and one standard error. A class that the judges (clean_predicted (m,)) do not
    find in a third of its clean samples, or in half of its given labels where there are none, keeps its labels.
    """
    alternative, gain = _gains(joint, given, prior)
    _, clean_gain = _gains(clean_joint, clean, prior)
    proposed = np.array(given, np.int64)
    for label in np.unique(given):
        own = given == label
        if _recall(predicted[own], clean_predicted[clean == label], label) < _KNOWN[len(clean) > 0]:
            continue
        places = np.flatnonzero(own & (gain > 0))
        places = places[np.argsort(-gain[places], kind="stable")]
        right = joint[places, alternative[places]]
        lost = _false_share(gain[places], clean_gain, clean, label)
        false = np.maximum(np.cumsum(1 - right), lost * own.sum())
        lost = np.maximum(lost, np.cumsum(1 - right) / max(own.sum(), 1))
        gained = np.cumsum(right / np.maximum(prior[alternative[places]] * len(given), 1))
        fine = np.flatnonzero((false <= (1 - PRECISION) * np.arange(1, len(places) + 1)) & (gained >= lost))
        kept = places[: fine[-1] + 1] if len(fine) else places[:0]
        proposed[kept] = alternative[kept]
    return proposed


def _recall(predicted: np.ndarray, clean_predicted: np.ndarray, label: int) -> float:
    """How many samples of a class the judges find: of its clean ones, else of those that were given it."""
    said = clean_predicted if len(clean_predicted) else predicted
    return float((said == label).mean())


def _gains(joint: np.ndarray, given: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best other class (n,), and the smaller of the two log ratios it has over the given one (n,)."""
    logs = np.log(np.maximum(joint, 1e-300))
    balanced = logs - np.log(np.maximum(prior, 1e-6))
    rows = np.arange(len(given))
    gains = np.minimum(logs - logs[rows, given][:, None], balanced - balanced[rows, given][:, None])
    gains[rows, given] = -np.inf
    alternative = gains.argmax(1) if len(given) else np.zeros(0, np.int64)
    return alternative, gains[rows, alternative]


def _false_share(gains: np.ndarray, clean_gain: np.ndarray, clean: np.ndarray, label: int) -> np.ndarray:
    """For each of the gains (c,) the share of right labels of a class that would be changed from it on.

    One standard error is added to it.
    """
    if not len(clean):
        return np.zeros(len(gains))
    own, others = np.sort(clean_gain[clean == label]), np.sort(clean_gain[clean != label])
    above = [len(values) - np.searchsorted(values, gains, side="left") for values in (own, others)]
    usual = (above[1] + _UNSEEN) / (len(others) + _UNSEEN)
    share = (above[0] + _PRIOR * usual) / (len(own) + _PRIOR)
    return np.asarray(share + np.sqrt(share * (1 - share) / (len(own) + _PRIOR)))
