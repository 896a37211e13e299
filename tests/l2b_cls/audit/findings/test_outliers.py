"""Pictures like nothing else: blank ones, noise, pictures put together of parts."""

import numpy as np

from l2b_cls.audit.findings.outliers import LISTED_FROM, outliers
from l2b_cls.audit.findings.pictures import describe
from tests.l2b_cls.audit.findings.test_copies import image_set, smooth_pictures


def with_foreign(seed=0):
    pictures, rng = smooth_pictures(300, seed), np.random.default_rng(seed)
    for place in range(0, 24, 3):
        pictures[place] = rng.integers(256)
        pictures[place + 1] = rng.integers(0, 256, pictures[0].shape)
        tiles = pictures[place + 2].reshape(4, 8, 4, 8, 3).swapaxes(1, 2).reshape(16, 8, 8, 3)
        pictures[place + 2] = rng.permutation(tiles).reshape(4, 4, 8, 8, 3).swapaxes(1, 2).reshape(32, 32, 3)
    return pictures


def test_foreign_pictures_are_found_and_few_others(tmp_path):
    described = describe(image_set(tmp_path / "s", with_foreign()), np.arange(300))
    alone = outliers(described, None, np.zeros(300, int))
    found = alone >= LISTED_FROM
    assert found[0:24:3].mean() > 0.8  # blank
    assert found[1:24:3].mean() > 0.8  # noise
    assert found[2:24:3].mean() >= 0.8  # scrambled
    assert found[24:].mean() < 0.02


def test_what_one_network_reads_is_compared_with_what_it_reads_of_others(tmp_path):
    described = describe(image_set(tmp_path / "s", smooth_pictures(300)), np.arange(300))
    features = np.random.default_rng(1).normal(size=(300, 6))
    fold = np.arange(300) % 2
    features[fold == 1] += 100  # another network's space
    features[40] += 30
    alone = outliers(described, features, fold)
    assert alone[40] >= LISTED_FROM
    assert (alone >= LISTED_FROM).sum() <= 6


def test_a_small_set_has_none(tmp_path):
    described = describe(image_set(tmp_path / "s", with_foreign()[:90]), np.arange(90))
    assert not outliers(described, None, np.zeros(90, int)).any()
