"""Log odds of a wrong label, calibrated by labels that are known to be wrong because they were drawn."""

from dataclasses import dataclass

import numpy as np

_STEPS = 30
_LEAST, _MOST = 0.005, 0.5
_STEEPEST = 10.0


@dataclass(frozen=True)
class Calibration:
    """log odds -> offset + slope log odds, slope above 0: the order stays. wrong: estimated share of wrong labels."""

    offset: float
    slope: float
    wrong: float

    def __call__(self, log_odds: np.ndarray) -> np.ndarray:
        return self.offset + self.slope * log_odds


def calibrate(log_odds: np.ndarray, drawn: np.ndarray) -> Calibration:
    """From log odds of given labels (n,), a mixture of right and wrong ones, and of wrong ones that were drawn (m,).

    By expectation maximisation: the given labels are wrong with probability P, whose log odds are linear in `log_odds`;
    the line is the logistic regression of the drawn labels against the given ones, each with weight 1 - P, and the
    share of wrong labels is the mean of P. What does not change them: scale and offset of `log_odds`.
    """
    from sklearn.linear_model import LogisticRegression

    centre, spread = float(np.median(log_odds)), max(float(log_odds.std()), 1e-6)
    values = np.clip((np.concatenate([log_odds, drawn]) - centre) / spread, -20, 20)[:, None]
    target = np.concatenate([np.zeros(len(log_odds)), np.ones(len(drawn))])
    wrong, suspicion = 0.1, np.full(len(log_odds), 0.1)
    offset, slope = 0.0, 1.0
    for _ in range(_STEPS):
        right = 1 - suspicion
        weight = np.concatenate([right, np.full(len(drawn), right.sum() / max(len(drawn), 1))])
        model = LogisticRegression(C=100.0).fit(values, target, sample_weight=weight)
        slope = float(np.clip(model.coef_[0, 0], 1e-3, _STEEPEST * spread))
        offset = float(model.intercept_[0]) + float(np.log(wrong / (1 - wrong)))
        before = wrong
        suspicion = 1 / (1 + np.exp(-np.clip(offset + slope * values[: len(log_odds), 0], -50, 50)))
        wrong = float(np.clip(suspicion.mean(), _LEAST, _MOST))
        if abs(wrong - before) < 1e-4:
            break
    return Calibration(offset - slope * centre / spread, slope / spread, wrong)


def draw_wrong(probabilities: np.ndarray, seed: int = 0) -> np.ndarray:
    """(n,) labels drawn among the classes that are not the likeliest one, so that most are wrong."""
    classes = probabilities.shape[1]
    steps = np.random.default_rng(seed).integers(1, classes, len(probabilities))
    return np.asarray((probabilities.argmax(1) + steps) % classes)
