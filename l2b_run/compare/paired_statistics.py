"""Statistics of paired differences: mean, bootstrap interval, signed-rank test, wins."""

from collections.abc import Mapping
from typing import Any

import numpy as np

LEVEL = 0.95
RESAMPLES = 10_000


def paired_statistics(
    a: Mapping[str, float | None], b: Mapping[str, float | None], *, higher_is_better: bool, seed: int = 0
) -> dict[str, Any]:
    """What the differences b - a say, over the keys with a number in both.

    Returns:
        n; mean_a, mean_b; mean_difference, median_difference; interval (low, high: `bootstrap_interval`; None below two
        pairs); wilcoxon_p (two-sided signed-rank test, pairs without a difference left out; None where none differs);
        wins, ties, losses of b. With n = 0 all but the counts are None.
    """
    from scipy.stats import wilcoxon

    pairs = [(value, other) for key, value in a.items() if value is not None and (other := b.get(key)) is not None]
    first, second = (np.array([pair[side] for pair in pairs], float) for side in (0, 1))
    differences, n = second - first, len(pairs)
    moved = differences[differences != 0]
    gains = differences if higher_is_better else -differences
    return {
        "n": n,
        "mean_a": float(first.mean()) if n else None,
        "mean_b": float(second.mean()) if n else None,
        "mean_difference": float(differences.mean()) if n else None,
        "median_difference": float(np.median(differences)) if n else None,
        "interval": bootstrap_interval(differences, seed=seed) if n > 1 else None,
        "interval_level": LEVEL,
        "resamples": RESAMPLES,
        "seed": seed,
        "wilcoxon_p": float(wilcoxon(moved).pvalue) if len(moved) else None,
        "wins": int((gains > 0).sum()),
        "ties": int((gains == 0).sum()),
        "losses": int((gains < 0).sum()),
    }


def bootstrap_interval(values: np.ndarray, *, seed: int = 0) -> list[float]:
    """Percentile bootstrap interval (low, high) of the mean of values (n,), n of at least 1, at LEVEL, RESAMPLES draws.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    generator, n = np.random.default_rng(seed), len(values)
    means = [values[generator.integers(0, n, n)].mean() for _ in range(RESAMPLES)]
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return [float(low), float(high)]
