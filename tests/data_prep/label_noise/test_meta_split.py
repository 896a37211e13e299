"""The meta set: the released draw, any number of classes and samples, and sizes a class cannot give."""

import numpy as np
import pytest

from data_prep.label_noise.meta_split import draw_meta, meta_faults
from l2b_data.errors import ConfigError
from tests.data_prep.noise_by_the_step import meta_split_by_the_step


@pytest.mark.parametrize(("classes", "meta_size", "seed"), [(10, 100, 0), (10, 0, 4), (100, 300, 2), (2, 20, 1)])
def test_released_draw(classes, meta_size, seed):
    labels = np.random.default_rng(0).integers(0, classes, 2000)
    train, meta = draw_meta(labels, classes, meta_size, seed)
    expected = meta_split_by_the_step(labels.tolist(), classes, meta_size, np.random.RandomState(seed))
    assert (train.tolist(), meta.tolist()) == expected
    assert train.dtype == meta.dtype == np.int64


def test_together_all_of_them_and_balanced():
    labels = np.random.default_rng(0).integers(0, 7, 500)
    train, meta = draw_meta(labels, 7, 37, 0)
    assert sorted([*train, *meta]) == list(range(500))
    assert np.bincount(labels[meta]).tolist() == [6, 6, 5, 5, 5, 5, 5]


def test_a_class_without_samples_gives_none():
    labels = np.array([0, 0, 0, 2, 2, 2])
    train, meta = draw_meta(labels, 4, 4, 0)
    assert np.bincount(labels[meta], minlength=4).tolist() == [2, 0, 2, 0]
    assert len(train) == 2


@pytest.mark.parametrize(
    ("meta_size", "message"),
    [
        (-1, "at least one sample for each of the 3 classes"),
        (2, "at least one sample for each of the 3 classes"),
        (12, "4 samples a class, but class 2 has 3; a class-balanced meta set of these samples has at most 9"),
        (18, "class 1 has 5, class 2 has 3"),
    ],
)
def test_refused_sizes(meta_size, message):
    labels = np.repeat([0, 1, 2], [8, 5, 3])
    assert len(meta_faults(labels, 3, meta_size)) == 1
    with pytest.raises(ConfigError) as caught:
        draw_meta(labels, 3, meta_size, 0)
    assert message in str(caught.value)
    assert f"data.meta_size {meta_size}" in str(caught.value)


def test_as_large_as_the_smallest_class():
    labels = np.repeat([0, 1, 2], [8, 5, 3])
    train, meta = draw_meta(labels, 3, 9, 0)
    assert (len(train), len(meta)) == (7, 9)
