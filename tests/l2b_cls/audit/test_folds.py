"""Folds: each sample left out once, labels spread evenly, groups whole."""

import numpy as np
import pytest

from l2b_cls.audit.folds import cut_folds
from l2b_data.errors import ConfigError


def test_every_sample_is_held_out_once_and_labels_are_spread():
    given = np.random.default_rng(0).choice(4, 203, p=[0.6, 0.2, 0.15, 0.05])
    folds = cut_folds(given, [""] * 203, 3, seed=5)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.held_out for fold in folds])), np.arange(203))
    for fold in folds:
        np.testing.assert_array_equal(np.sort(np.concatenate([fold.train, fold.held_out])), np.arange(203))
        np.testing.assert_allclose(np.bincount(given[fold.held_out], minlength=4), np.bincount(given) / 3, atol=1)
        assert abs(len(fold.held_out) - 203 / 3) < 1


def test_groups_stay_together():
    generator = np.random.default_rng(1)
    groups = [f"g{number}" if number else "" for number in generator.integers(0, 30, 200)]
    folds = cut_folds(generator.integers(0, 3, 200), groups, 4, seed=0)
    of_sample = {place: fold.number for fold in folds for place in fold.held_out.tolist()}
    assert len(of_sample) == 200
    for name in set(groups) - {""}:
        assert len({of_sample[place] for place, group in enumerate(groups) if group == name}) == 1
    assert len({of_sample[place] for place, group in enumerate(groups) if group == ""}) > 1
    assert max(len(fold.held_out) for fold in folds) < 200 * 0.35


def test_the_cut_follows_the_seed_alone():
    given = np.arange(40) % 4
    one, same, other = (cut_folds(given, [""] * 40, 2, seed=seed)[0].held_out.tolist() for seed in (0, 0, 1))
    assert one == same != other


@pytest.mark.parametrize("count", [1, 5, -1])
def test_a_number_of_folds_there_cannot_be(count):
    with pytest.raises(ConfigError, match=rf"--folds {count}: from 2 to the 4 samples"):
        cut_folds(np.zeros(4, int), [""] * 4, count, seed=0)
    with pytest.raises(ConfigError, match="groups of samples that belong together"):
        cut_folds(np.zeros(4, int), ["a", "a", "a", "a"], 2, seed=0)
