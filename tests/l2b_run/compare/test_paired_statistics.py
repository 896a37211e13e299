"""Statistics of paired differences: symmetric, as scipy's, and as often right as they say."""

import json

import numpy as np
import pytest
from scipy import stats

from l2b_run.compare.paired_statistics import bootstrap_interval, paired_statistics


def test_swapping_the_runs_turns_every_sign():
    random = np.random.default_rng(0)
    a, b = ({f"c{n}": float(value) for n, value in enumerate(random.random(12))} for _ in range(2))
    there = paired_statistics(a, b, higher_is_better=True, seed=3)
    back = paired_statistics(b, a, higher_is_better=True, seed=3)
    assert back["mean_difference"] == pytest.approx(-there["mean_difference"])
    assert back["interval"] == pytest.approx([-value for value in there["interval"][::-1]])
    assert back["wilcoxon_p"] == pytest.approx(there["wilcoxon_p"])
    assert (back["wins"], back["losses"]) == (there["losses"], there["wins"])


def test_interval_and_p_agree_with_scipy():
    differences = np.random.default_rng(1).normal(0.05, 0.1, 25)
    theirs = stats.bootstrap((differences,), np.mean, n_resamples=10_000, method="percentile", random_state=5)
    assert bootstrap_interval(differences) == pytest.approx(theirs.confidence_interval, abs=0.002)
    assert bootstrap_interval(differences, seed=7) == bootstrap_interval(differences, seed=7)
    assert bootstrap_interval(differences, seed=7) != bootstrap_interval(differences, seed=8)
    zero = {str(n): 0.0 for n in range(25)}
    moved = {str(n): float(value) for n, value in enumerate(differences)}
    assert paired_statistics(zero, moved, higher_is_better=True)["wilcoxon_p"] == stats.wilcoxon(differences).pvalue


def test_interval_covers_the_true_mean_about_as_often_as_it_says():
    random = np.random.default_rng(2)
    covered = 0
    for seed in range(60):
        low, high = bootstrap_interval(random.exponential(1.0, 40), seed=seed)
        covered += low <= 1.0 <= high
    assert 50 <= covered <= 60


@pytest.mark.parametrize(
    ("a", "b", "n", "p"), [([], [], 0, None), ([0.5], [0.7], 1, 1.0), ([0.5] * 4, [0.5] * 4, 4, None)]
)
def test_few_or_equal_pairs(a, b, n, p):
    found = paired_statistics(dict(enumerate(a)), dict(enumerate(b)), higher_is_better=True)
    assert (found["n"], found["wilcoxon_p"]) == (n, p)
    assert found["interval"] == ([0.0, 0.0] if n == 4 else None)
    json.dumps(found, allow_nan=False)
