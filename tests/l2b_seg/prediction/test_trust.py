"""Trust by hand: the temperature that makes probabilities true, and the probability of the given label under it."""

import numpy as np
import pytest

from l2b_seg.prediction.trust import temperature, trust


def test_a_true_probability_keeps_its_temperature_of_one() -> None:
    """Of 100 elements with probability 0.8, 80 are foreground; of 100 with 0.3, 30."""
    probability = np.repeat([0.8, 0.3], 100)[None]
    labels = np.concatenate([np.arange(100) < 80, np.arange(100) < 30]).astype(np.uint8)
    assert temperature(probability, labels) == pytest.approx(1, abs=0.01)


def test_a_probability_that_is_too_sure_is_cooled() -> None:
    """It says 0.99 and 0.01 and is right 9 times of 10: logit 4.595 is to be 2.197, T = 2.091."""
    probability = np.repeat([0.99, 0.01], 100)[None]
    labels = np.concatenate([np.arange(100) < 90, np.arange(100) >= 90]).astype(np.uint8)
    fitted = temperature(probability, labels)
    assert fitted == pytest.approx(np.log(99) / np.log(9), rel=0.01)
    shown = trust(probability.reshape(1, 2, 10, 10), np.ones((2, 10, 10), np.uint8), fitted)
    np.testing.assert_allclose(shown[0], 0.9, atol=0.002)
    np.testing.assert_allclose(shown[1], 0.1, atol=0.002)


def test_of_several_classes() -> None:
    """softmax(log p / 2) of (0.64, 0.32, 0.04): roots 0.8, 0.5657, 0.2."""
    probability = np.array([0.64, 0.32, 0.04]).reshape(3, 1, 1, 1) * np.ones((1, 1, 1, 3))
    found = trust(probability, np.arange(3).reshape(1, 1, 3), 2.0)
    roots = np.sqrt([0.64, 0.32, 0.04])
    np.testing.assert_allclose(found[0, 0], roots / roots.sum(), rtol=1e-5)
    assert found.dtype == np.float32
    many = np.repeat([[0.64], [0.32], [0.04]], 1000, axis=1)
    labels = np.repeat([0, 1, 2], np.round(1000 * roots / roots.sum()).astype(int))
    assert temperature(many, labels) == pytest.approx(2, rel=0.02)


def test_nothing_to_fit_and_certain_networks() -> None:
    assert temperature(np.zeros((1, 0)), np.zeros(0, np.uint8)) == 1
    certain = np.array([0.0, 1.0]).reshape(1, 1, 1, 2)
    assert 0.05 <= temperature(certain, np.array([0, 1]).reshape(1, 1, 2)) < 1
    assert 10 < temperature(certain, np.array([1, 0]).reshape(1, 1, 2)) <= 20
    found = trust(certain, np.array([1, 1]).reshape(1, 1, 2), 1.0)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found.ravel(), [0, 1], atol=1e-5)
    assert trust(np.zeros((1, 0, 4, 4)), np.zeros((0, 4, 4), np.uint8), 1.0).shape == (0, 4, 4)
