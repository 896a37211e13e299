"""The mixture of two Beta distributions on the losses."""

import numpy as np
import pytest
from scipy.stats import beta

from l2b_run.methods.beta_mixture import wrong_posterior


def two_groups(count=3000, seed=0):
    rng = np.random.default_rng(seed)
    return rng.beta(2, 9, count), rng.beta(9, 2, count // 2)


def test_tells_two_groups_apart_whatever_their_scale():
    low, high = two_groups()
    losses = np.concatenate([low, high])
    posterior = wrong_posterior(losses)
    assert posterior.shape == (4500,)
    assert (posterior[:3000] < 0.5).mean() > 0.95
    assert (posterior[3000:] > 0.5).mean() > 0.95
    np.testing.assert_allclose(wrong_posterior(1000 * losses + 7), posterior, atol=1e-6)


def test_one_round_is_worked_by_hand():
    """Expectation under Beta(1, 2) = 2 (1 - x) and Beta(2, 1) = 2 x: the second's share of x is x itself."""
    losses = np.array([0.0, 0.2, 0.3, 0.4, 0.6, 0.7, 0.9, 1.0])
    low, high = np.percentile(losses, (5, 95))
    scaled = np.clip((losses - low) / (high - low), 1e-4, 1 - 1e-4)
    inside = scaled[1:-1]
    density = []
    for share in (1 - inside, inside):
        mean = (share * inside).sum() / share.sum()
        variance = (share * (inside - mean) ** 2).sum() / share.sum()
        size = mean * (1 - mean) / variance - 1
        density.append(share.mean() * beta.pdf(scaled, mean * size, (1 - mean) * size))
    expected = density[1] / (density[0] + density[1])
    np.testing.assert_allclose(wrong_posterior(losses, rounds=1), np.clip(expected, 1e-4, 1 - 1e-4), atol=1e-4)


def test_never_falls_with_the_loss_above_the_higher_mean_and_stays_off_0_and_1():
    rng = np.random.default_rng(1)
    losses = np.sort(np.concatenate([rng.beta(0.4, 0.9, 2000), rng.normal(0.7, 0.05, 500)]))
    posterior = wrong_posterior(losses)
    assert posterior.min() >= 1e-4
    assert posterior.max() <= 1 - 1e-4
    assert (np.diff(posterior[losses > 0.75]) >= -1e-12).all()


@pytest.mark.parametrize("losses", [np.zeros(0), np.array([3.0]), np.full(5, 0.7)])
def test_losses_that_do_not_differ_are_of_right_labels(losses):
    np.testing.assert_array_equal(wrong_posterior(losses), np.full(len(losses), 1e-4))


def test_losses_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="1 of 3 losses are not finite"):
        wrong_posterior(np.array([0.1, np.inf, 2.0]))
