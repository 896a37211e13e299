"""The mixture of two Gaussians on the losses."""

import warnings

import numpy as np
import pytest
from scipy.stats import norm

from l2b_run.methods.clean_mixture import clean_mixture


def two_groups(count=400, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0.3, 0.1, count), rng.normal(2.0, 0.2, count // 4)])


def test_tells_two_groups_apart_whatever_their_scale():
    losses = two_groups()
    posterior = clean_mixture(losses).posterior
    assert posterior.shape == (500,)
    assert posterior[:400].min() > 0.5 > posterior[400:].max()
    np.testing.assert_allclose(clean_mixture(1000 * losses + 7).posterior, posterior, atol=1e-6)


def test_is_the_posterior_of_a_mixture():
    """With well separated groups: Bayes' rule with each group's own mean, spread (regularised) and share."""
    losses = two_groups(4000)
    scaled = (losses - losses.min()) / np.ptp(losses)
    groups = scaled[:4000], scaled[4000:]
    low, high = (
        len(group) / len(scaled) * norm.pdf(scaled, group.mean(), np.sqrt(group.var() + 5e-4)) for group in groups
    )
    np.testing.assert_allclose(clean_mixture(losses, max_iter=100, tol=1e-6).posterior, low / (low + high), atol=2e-3)


def test_the_same_losses_have_the_same_posterior_and_order_does_not_matter():
    losses = two_groups().astype(np.float32)
    np.testing.assert_array_equal(clean_mixture(losses).posterior, clean_mixture(losses.copy()).posterior)
    np.testing.assert_allclose(
        clean_mixture(losses[::-1].copy()).posterior[::-1], clean_mixture(losses).posterior, atol=1e-2
    )


@pytest.mark.parametrize("losses", [np.zeros(0), np.array([3.0]), np.full(5, 0.7), np.array([0.5, 0.5 + 1e-8])])
def test_losses_that_do_not_differ_are_all_clean(losses):
    np.testing.assert_array_equal(clean_mixture(losses).posterior, np.ones(len(losses)))


def test_stopping_after_max_iter_is_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clean_mixture(np.random.default_rng(0).random(300), max_iter=1, tol=1e-12)


def test_losses_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="1 of 3 losses are not finite"):
        clean_mixture(np.array([0.1, np.nan, 2.0]))
