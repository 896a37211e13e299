from itertools import islice

import numpy as np
import pytest

from l2b_run.methods.split import Split, endless, in_batches, split_at, split_row


def test_chosen_elements_are_labelled_and_the_others_are_not():
    split = split_at(np.array([0.9, 0.1, 0.7, 0.4]), np.array([True, False, True, False]), at_least=1, fitted={})
    assert (split.labelled.tolist(), split.unlabelled.tolist()) == ([0, 2], [1, 3])


def test_too_few_are_filled_up_with_the_most_probable():
    split = split_at(np.array([0.3, 0.1, 0.4, 0.2]), np.zeros(4, bool), at_least=2, fitted={})
    assert (split.labelled.tolist(), split.unlabelled.tolist()) == ([0, 2], [1, 3])
    assert len(split_at(np.full(3, 0.5), np.zeros(3, bool), at_least=8, fitted={}).unlabelled) == 0


@pytest.mark.parametrize(("count", "sizes"), [(7, [3, 3]), (3, [3]), (2, [2]), (0, [0])])
def test_batches_are_full_but_a_lonely_one(count, sizes):
    found = in_batches(np.arange(10, 10 + count), 3, np.random.default_rng(0))
    assert [len(batch) for batch in found] == sizes
    assert len(set(np.concatenate(found).tolist())) == sum(sizes)


def test_an_endless_order_is_shuffled_anew():
    found = list(islice(endless(np.arange(8), 4, np.random.default_rng(0)), 4))
    assert sorted(np.concatenate(found[:2]).tolist()) == list(range(8))
    assert sorted(np.concatenate(found[2:]).tolist()) == list(range(8))
    assert not np.array_equal(np.concatenate(found[:2]), np.concatenate(found[2:]))
    assert [len(one) for one in islice(endless(np.arange(0), 4, np.random.default_rng(0)), 2)] == [0, 0]


def test_what_a_row_says():
    split = Split(np.full(4, 0.5), np.arange(1), np.arange(1, 4), {"threshold": 0.5})
    other = Split(np.full(4, 0.5), np.arange(3), np.arange(3, 4), {"threshold": 0.25})
    row = split_row([split, other])
    assert row["split_labelled"] == 0.5
    assert row["splits"][0] == {"labelled": 1, "unlabelled": 3, "threshold": 0.5}
    assert split_row([]) == {}
