"""The balanced epoch against its own definition, one sample after the other, and what it promises."""

import numpy as np
import pytest

from l2b_cls.batches.balanced_epoch import balanced_epoch
from l2b_data.errors import ConfigError

GIVEN = np.repeat([0, 1, 2, 3], [500, 40, 7, 200])


def greedy(order, given, classes, samples):
    """The rule as published: keep while the class is below its share and the epoch is not full."""
    counts, kept = [0] * classes, []
    for position in order:
        if counts[given[position]] < samples / classes and len(kept) < samples:
            counts[given[position]] += 1
            kept.append(position)
    return kept


@pytest.mark.parametrize("samples", [1, 10, 30, 33, 160, 10_000])
def test_follows_the_greedy_rule(samples):
    rng = np.random.default_rng([3, 5, 12])
    kept = greedy(rng.permutation(len(GIVEN)), GIVEN, 4, samples)
    expected = np.array(kept)[rng.permutation(len(kept))]
    found = balanced_epoch(GIVEN, classes=4, samples=samples, seed=3, epoch=5)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int64


def test_balance_and_new_draws():
    first = balanced_epoch(GIVEN, classes=4, samples=100, seed=0, epoch=0)
    assert np.bincount(GIVEN[first]).tolist() == [25, 25, 7, 25]
    assert len(set(first.tolist())) == len(first) == 82
    np.testing.assert_array_equal(first, balanced_epoch(GIVEN, classes=4, samples=100, seed=0, epoch=0))
    later = [balanced_epoch(GIVEN, classes=4, samples=100, seed=0, epoch=epoch) for epoch in range(200)]
    seen = np.unique(np.concatenate(later))
    assert len(seen) == len(GIVEN)  # every sample comes round: missing one of class 0 has probability .95**200 = 4e-5
    assert set(first[GIVEN[first] == 0]) != set(later[1][GIVEN[later[1]] == 0])
    assert GIVEN[first].tolist() != sorted(GIVEN[first])


def test_faults_and_nothing():
    with pytest.raises(ConfigError, match=r"data\.balanced_epoch 0"):
        balanced_epoch(GIVEN, classes=4, samples=0, seed=0, epoch=0)
    assert balanced_epoch(GIVEN[:0], classes=4, samples=8, seed=0, epoch=0).shape == (0,)
