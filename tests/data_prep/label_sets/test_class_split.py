"""Splits by class: shares, groups, and what they promise for any labels and groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.label_sets.class_split import SplitShares, split_classes
from l2b_data.errors import ConfigError


def test_shares_of_every_class():
    labels = np.repeat([0, 1, 2], [100, 50, 10])
    split = split_classes(labels, [""] * 160, SplitShares(0.2, 0.1, 3))
    table = {part: np.bincount(labels[split == part], minlength=3).tolist() for part in ("train", "val", "test")}
    assert table == {"train": [70, 35, 7], "val": [10, 5, 1], "test": [20, 10, 2]}
    np.testing.assert_array_equal(split, split_classes(labels, [""] * 160, SplitShares(0.2, 0.1, 3)))
    assert (split != split_classes(labels, [""] * 160, SplitShares(0.2, 0.1, 4))).any()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=1, max_size=60),
    st.floats(0.05, 0.6),
    st.floats(0, 0.35),
    st.integers(0, 5),
)
def test_never_a_group_in_two_parts(rows, test, val, seed):
    labels = np.array([label for label, _ in rows])
    groups = ["" if group == 0 else f"g{group}" for _, group in rows]
    split = split_classes(labels, groups, SplitShares(test, val, seed))
    for group in set(groups) - {""}:
        assert len({part for part, other in zip(split.tolist(), groups, strict=True) if other == group}) == 1
    assert "train" in split
    assert (split == "test").sum() <= test * len(rows) + 2  # rounded in each of at most four classes


def test_faults():
    for shares, message in (
        (SplitShares(0), "--test-fraction 0"),
        (SplitShares(0.2, -0.1), "--val-fraction -0.1"),
        (SplitShares(0.6, 0.4), "leave nothing to train on"),
    ):
        with pytest.raises(ConfigError, match=message):
            split_classes(np.zeros(4, int), [""] * 4, shares)
