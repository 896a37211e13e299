"""Training without clean samples: who is chosen to judge."""

import numpy as np
import pytest

from l2b_cls.online_meta import choose_clean
from l2b_run.clean_mixture import clean_posterior


def losses_of(clean, wrong, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0.3, 0.1, clean), rng.normal(2.5, 0.3, wrong)])


def test_small_losses_are_chosen_under_their_given_labels():
    losses, labels = losses_of(60, 40), np.arange(100) % 4
    assert choose_clean(losses, labels, threshold=0.5, at_least=8).tolist() == list(range(60))


def test_the_threshold_is_on_the_posterior():
    rng = np.random.default_rng(0)
    losses, labels = np.concatenate([rng.normal(1, 0.4, 200), rng.normal(2, 0.4, 200)]), np.arange(400) % 4
    posterior = clean_posterior(losses)
    for threshold in (0.3, 0.5, 0.9):
        chosen = choose_clean(losses, labels, threshold=threshold, at_least=8)
        assert chosen.tolist() == np.flatnonzero(posterior > threshold).tolist()


def test_at_most_so_many_of_a_class():
    losses, labels = losses_of(60, 40), np.arange(100) % 4
    chosen = choose_clean(losses, labels, threshold=0.5, at_least=8, per_class=5)
    assert np.bincount(labels[chosen]).tolist() == [5, 5, 5, 5]
    posterior = clean_posterior(losses)
    for label in range(4):
        mine = chosen[labels[chosen] == label]
        others = np.setdiff1d(np.flatnonzero(labels == label), mine)
        assert posterior[mine].min() >= posterior[others].max()


def test_too_few_are_filled_up_class_by_class():
    losses, labels = losses_of(3, 97), np.arange(100) % 4
    chosen = choose_clean(losses, labels, threshold=0.5, at_least=10)
    assert np.bincount(labels[chosen]).tolist() == [3, 3, 3, 3]  # ten, shared out among four
    assert {0, 1, 2} <= set(chosen.tolist())


def test_one_class_alone_judges_nobody():
    """Where only one class looks clean, every class gets its best."""
    labels = np.repeat([0, 1], [60, 40])
    chosen = choose_clean(losses_of(60, 40), labels, threshold=0.5, at_least=8)
    assert np.bincount(labels[chosen]).tolist() == [4, 4]


def test_a_training_set_of_one_class_is_no_reason_to_fill_up():
    assert choose_clean(losses_of(60, 40), np.zeros(100, int), threshold=0.5, at_least=8).tolist() == list(range(60))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_losses_that_do_not_differ_are_all_chosen(count):
    labels = np.arange(count) % 2
    assert choose_clean(np.full(count, 0.7), labels, threshold=0.5, at_least=3).tolist() == list(range(count))
