"""Batches in which every class is seen, and epochs of a given number of steps."""

from dataclasses import replace

import numpy as np
import torch

from l2b_seg.batches.balanced import balanced, slices_of_classes
from tests.l2b_seg.tiny import make_batches, make_settings


def masks(labels):
    """(N, 1, 4, 4): a pixel of the given label in each slice."""
    mask = torch.zeros(len(labels), 1, 4, 4)
    mask[:, 0, 1, 1] = torch.tensor(labels, dtype=torch.float32)
    return mask


def test_positions_of_each_class():
    found = slices_of_classes(masks([0, 3, 0, 1, 1]))
    assert [one.tolist() for one in found] == [[0, 1, 2, 3, 4], [3, 4], [1]]  # class 2 is in no slice
    assert [one.tolist() for one in slices_of_classes(masks([]))] == [[]]


def test_a_rare_class_is_in_every_batch_and_no_slice_twice():
    pools = slices_of_classes(masks([0] * 60 + [1] * 30 + [2]))
    for seed in range(20):
        drawn = balanced(np.random.default_rng(seed), pools, 8, 0.5)
        assert len(set(drawn.tolist())) == 8
        assert 90 in drawn
        assert sum(60 <= one < 90 for one in drawn) >= 2


def test_more_than_there_are_come_twice_and_without_a_class_all_are_drawn():
    assert sorted(balanced(np.random.default_rng(0), slices_of_classes(masks([0, 1])), 4, 1.0).tolist()).count(1) >= 1
    drawn = balanced(np.random.default_rng(0), slices_of_classes(masks([0, 0, 0])), 3, 0.67)
    assert sorted(drawn.tolist()) == [0, 1, 2]


def test_batches_given_and_clean_are_balanced_and_pure(data):
    batches = replace(make_batches(data, make_settings()), foreground_share=1.0)
    plain = make_batches(data, make_settings())
    shown = [batches.train.mask[batches.origins(0, step).position].flatten(1).any(1).all() for step in range(4)]
    assert all(shown)
    assert not all(plain.train.mask[plain.origins(0, step).position].flatten(1).any(1).all() for step in range(4))
    assert batches.clean(0, 0, 3)[1].flatten(1).any(1).all()
    again = replace(make_batches(data, make_settings()), foreground_share=1.0)
    assert batches.given(1, 2)[0].equal(again.given(1, 2)[0])


def test_passes_go_on_over_epochs_of_a_given_number_of_steps(data):
    batches = replace(make_batches(data, make_settings()), steps_per_epoch=3)
    assert batches.steps == 3
    count = len(batches.train)
    drawn = [batches.origins(epoch, step).position for epoch in range(count) for step in range(3)]
    seen = np.concatenate(drawn)
    assert all(len(one) == 4 for one in drawn)
    assert sorted(seen[:count].tolist()) == list(range(count))
    assert set(np.bincount(seen[: 12 * count])) == {12}
    more = replace(batches, batch_size=100)
    assert len(more.given(0, 0)[0]) == count
