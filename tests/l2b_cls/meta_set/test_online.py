"""Training without clean samples: who is chosen to judge."""

import numpy as np
import pytest

from l2b_cls.meta_set.online import choose_clean, online_meta, remembered
from l2b_run.methods.clean_mixture import clean_mixture
from l2b_run.methods.plain import given_step
from l2b_run.methods.reweight import PastLosses
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings, training_for


def losses_of(clean, wrong, seed=0):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(0.3, 0.1, clean), rng.normal(2.5, 0.3, wrong)])


def test_small_losses_are_chosen_under_their_given_labels():
    losses, labels = losses_of(60, 40), np.arange(100) % 4
    assert choose_clean(losses, labels, threshold=0.5, at_least=8).tolist() == list(range(60))


def test_the_threshold_is_on_the_posterior():
    rng = np.random.default_rng(0)
    losses, labels = np.concatenate([rng.normal(1, 0.4, 200), rng.normal(2, 0.4, 200)]), np.arange(400) % 4
    posterior = clean_mixture(losses).posterior
    for threshold in (0.3, 0.5, 0.9):
        chosen = choose_clean(losses, labels, threshold=threshold, at_least=8)
        assert chosen.tolist() == np.flatnonzero(posterior > threshold).tolist()


def test_at_most_so_many_of_a_class():
    losses, labels = losses_of(60, 40), np.arange(100) % 4
    chosen = choose_clean(losses, labels, threshold=0.5, at_least=8, per_class=5)
    assert np.bincount(labels[chosen]).tolist() == [5, 5, 5, 5]
    posterior = clean_mixture(losses).posterior
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


def trained(settings, steps=12):
    """Trained so briefly that it has learned the squares, not the wrong labels."""
    run = training_for(settings)
    for step in range(steps):
        given_step(run, step // run.batches.steps, step % run.batches.steps)
    return run


def test_a_network_chooses_samples_whose_labels_are_right():
    run = trained(make_settings(warm_up=0.5, meta={"source": "online"}))
    assert run.method.before_epoch(run, 1) is run.batches
    chosen = run.method.before_epoch(run, 2)
    assert 30 < len(chosen.meta) < TRAIN
    right = given_labels() == image_set().labels[:TRAIN]
    assert right[chosen.meta.index].mean() > 0.95 > right.mean()
    np.testing.assert_array_equal(chosen.meta.labels, given_labels()[chosen.meta.index])
    assert chosen.train is run.batches.train
    np.testing.assert_array_equal(online_meta(run, 2).meta.index, chosen.meta.index)


def test_with_a_clean_meta_set_nothing_is_chosen():
    run = training_for(make_settings(warm_up=0.5))
    assert run.method.before_epoch(run, 3) is run.batches


def test_of_a_balanced_epoch_its_own_samples_are_asked():
    run = trained(make_settings(warm_up=0.5, meta={"source": "online"}, data={"balanced_epoch": 48}))
    for epoch in (2, 3):
        drawn = run.batches.epoch_positions(epoch)
        assert len(drawn) == 48
        each = np.concatenate([run.batches.batch_positions(epoch, step) for step in range(run.batches.steps)])
        assert set(each) == set(drawn)
        assert set(online_meta(run, epoch).meta.index) <= set(drawn)


def test_remembered_losses_are_scaled_and_averaged_over_what_was_asked():
    memory = PastLosses()
    first = remembered(memory, np.array([1.0, 3.0, 2.0]), np.array([0, 1, 2]), 4, 2)
    assert first.tolist() == [0, 1, 0.5]
    second = remembered(memory, np.array([5.0, 0.0, 10.0]), np.array([0, 1, 3]), 4, 2)
    assert second.tolist() == [0.25, 0.5, 1.0]
    third = remembered(memory, np.array([0.0, 1.0]), np.array([0, 2]), 4, 2)
    assert third.tolist() == [0.25, 1.0]
    assert len(memory.past) == 2
    assert remembered(memory, np.array([7.0, 7.0]), np.array([0, 1]), 4, 1).tolist() == [0, 0]
