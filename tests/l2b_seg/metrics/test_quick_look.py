"""What an epoch's row says of predictions: nothing where all is well, else what is never predicted."""

import pytest

from l2b_seg.metrics.case_evaluation import QuickLook

ONE, THREE = ["organ"], ["pool", "ring", "crescent"]


@pytest.mark.parametrize(
    ("classes", "shown", "predicted", "never", "one_class"),
    [
        (ONE, {0, 1}, {0, 1}, [], False),
        (ONE, {0, 1}, {0}, ["organ"], True),
        (ONE, {0, 1}, {1}, ["background"], True),
        (ONE, {0}, {0}, [], False),
        (THREE, {0, 1, 2, 3}, {0, 1, 2}, ["crescent"], False),
        (THREE, {0, 1, 2, 3}, {0, 2}, ["pool", "crescent"], True),
        (THREE, {0, 1, 2, 3}, {1, 2, 3}, ["background"], True),
        (THREE, {0, 2}, {0, 2, 3}, [], False),
        (THREE, {0, 2}, {0, 3}, ["ring"], True),
    ],
)
def test_row(classes, shown, predicted, never, one_class):
    row = QuickLook(0.5, frozenset(shown), frozenset(predicted)).row(classes)
    assert row.get("never_predicted", []) == never
    assert row.get("one_class", False) == one_class
