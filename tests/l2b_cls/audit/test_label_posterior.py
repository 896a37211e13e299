"""The posterior of a label: worked by hand where the noise is known, and the noise found where it is not."""

import numpy as np
import pytest

from l2b_cls.audit.label_posterior import TEMPERATURES, label_posterior


def drawn(transition, *, n=4000, sharpness=4.0, seed=0):
    """True labels, given labels and calibrated probabilities of a network that tells classes apart moderately."""
    generator = np.random.default_rng(seed)
    classes = len(transition)
    logits = sharpness * generator.normal(size=(n, classes))
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    pick = lambda rows: (generator.random((n, 1)) > np.cumsum(rows, 1)[:, :-1]).sum(1)  # noqa: E731
    true = pick(probabilities)
    return true, pick(np.asarray(transition)[true]), probabilities


ONE_WAY = [[0.7, 0.3, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def test_the_noise_is_found():
    _, given, probabilities = drawn(ONE_WAY)
    found = label_posterior(probabilities, given)
    np.testing.assert_allclose(found.transition, ONE_WAY, atol=0.04)
    assert found.temperature == 1.0
    np.testing.assert_allclose(found.posterior.sum(1), 1)


def test_the_posterior_is_bayes_rule():
    _, given, probabilities = drawn(ONE_WAY)
    found = label_posterior(probabilities, given)
    by_hand = probabilities * found.transition[:, given].T
    by_hand /= by_hand.sum(1, keepdims=True)
    np.testing.assert_allclose(found.posterior, by_hand, atol=1e-5)
    wrong = 1 - by_hand[np.arange(len(given)), given]
    middle = (wrong > 1e-3) & (wrong < 1 - 1e-3)
    np.testing.assert_allclose(found.log_odds[middle], np.log(wrong / (1 - wrong))[middle], rtol=1e-2)
    assert np.isfinite(found.log_odds).all()


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0])
def test_a_modest_or_proud_network_is_seen_through(factor):
    _, given, probabilities = drawn(ONE_WAY)
    changed = probabilities**factor
    found = label_posterior(changed / changed.sum(1, keepdims=True), given)
    assert found.temperature == min(TEMPERATURES, key=lambda value: abs(np.log(value / factor)))


def test_with_even_noise_the_given_labels_probability_decides():
    even = 0.6 * np.eye(3) + 0.4 / 3
    _, given, probabilities = drawn(even, n=8000)
    found = label_posterior(probabilities, given)
    own = probabilities[np.arange(len(given)), given]
    assert np.corrcoef(np.argsort(np.argsort(-own)), np.argsort(np.argsort(found.log_odds)))[0, 1] > 0.995


def test_one_way_noise_ranks_better_than_the_loss():
    from sklearn.metrics import roc_auc_score

    true, given, probabilities = drawn(ONE_WAY, sharpness=2.0)
    wrong = given != true
    loss = -np.log(probabilities[np.arange(len(given)), given])
    assert roc_auc_score(wrong, label_posterior(probabilities, given).log_odds) > roc_auc_score(wrong, loss) + 0.05


def test_a_class_nobody_was_given_and_certain_probabilities():
    probabilities = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    found = label_posterior(probabilities, np.array([0, 1, 1, 0]))
    assert np.isfinite(found.posterior).all()
    assert found.proposed[[0, 1, 3]].tolist() == [0, 1, 0]
    np.testing.assert_allclose(found.transition.sum(1), 1)
