"""The AUC of noise detection: by hand, with ties, against scikit-learn, and what decides it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from l2b_cls.sample_log.noise_detection import area_under_curve, noise_detection


def test_a_case_by_hand():
    """Right .9 .6 .6, wrong .6 .2: of six pairs four are in order and two tie: (4 + 2 / 2) / 6."""
    found = noise_detection(
        given=np.array([0, 1, 2, 0, 1]),
        clean=np.array([0, 1, 2, 2, 2]),
        loss=np.array([0.1, 2.0, 0.3, 1.0, 3.0]),
        weight_net=np.array([0.9, 0.6, 0.6, 0.6, 0.2]),
        alpha=np.array([0.375, 0.25, 0.125, 0.25, 0.25]),
        beta=np.array([0.125, 0.25, 0.0, 0.375, 0.0]),
    )
    assert found["weight_net"] == pytest.approx(5 / 6)
    assert found["loss"] == pytest.approx(5 / 6)  # of the pairs only the right 2.0 above the wrong 1.0 is out of order
    assert found["alpha"] == pytest.approx((2 + 1 + 0) / 6)
    assert found["alpha_minus_beta"] == pytest.approx((1.5 + 1 + 1) / 6)  # .25 0 .125 against -.125 .25


def test_a_redrawn_true_class_counts_as_clean_and_an_unknown_one_not_at_all():
    given, clean = np.array([3, 3, 1, 0]), np.array([3, 2, -1, 0])
    found = noise_detection(given, clean, loss=np.array([0.5, 0.7, 0.0, 0.9]))
    assert found == {"loss": 0.5}


def test_nothing_to_tell_apart_has_no_number():
    nobody = noise_detection(np.zeros(0, int), np.zeros(0, int), loss=np.zeros(0))
    assert nobody == {"loss": None}
    all_right = noise_detection(np.ones(3, int), np.ones(3, int), loss=np.arange(3.0))
    assert all_right == {"loss": None}


def test_samples_without_a_score_are_left_out():
    score = np.array([0.9, np.nan, 0.1, np.nan])
    assert area_under_curve(score, np.array([True, False, False, True])) == 1.0
    assert area_under_curve(np.full(4, np.nan), np.array([True, False, False, True])) is None


def test_equals_scikit_learn_with_many_ties():
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 9, 500) / 8, rng.random(500) < 0.3
    assert area_under_curve(score, positive) == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


def test_a_saturated_weight_net_keeps_its_order_in_float64():
    loss = np.linspace(0, 1, 400)
    positive = np.arange(400) < 200
    nearly_one = 1 - 1e-12 * loss  # all 1.0 in float32
    assert area_under_curve(nearly_one, positive) == 1.0
    assert area_under_curve(nearly_one.astype(np.float32), positive) == 0.5


def test_a_falling_function_of_the_loss_detects_what_the_loss_does_and_a_rising_one_the_opposite():
    rng = np.random.default_rng(1)
    given, clean = rng.integers(0, 3, 300), rng.integers(0, 3, 300)
    loss = rng.random(300) + 0.4 * (given != clean)
    falling = noise_detection(given, clean, loss=loss, weight_net=1 / (1 + np.exp(loss)))
    assert falling["weight_net"] == falling["loss"] > 0.6
    rising = noise_detection(given, clean, loss=loss, weight_net=loss)
    assert rising["weight_net"] == pytest.approx(1 - falling["loss"])
