"""What the judges can tell: on clean samples where there are some, else on the given labels."""

import numpy as np

from l2b_cls.audit.judges.quality import ON_CLEAN, ON_GIVEN, judges_quality


def test_recall_a_class_and_what_is_never_predicted():
    said, given = np.eye(3)[[0, 0, 1, 0]], np.array([0, 2, 1, 1])
    found = judges_quality(
        said, given, clean_probabilities=np.eye(3)[[0, 1, 1]], clean=np.array([0, 0, 1]), classes=["a", "b", "c"]
    )
    assert (found["on"], found["n"]) == (ON_CLEAN, 3)
    assert [row["recall"] for row in found["classes"]] == [0.5, 1.0, None]
    assert [row["predicted"] for row in found["classes"]] == [3, 1, 0]
    assert found["balanced_accuracy"] == 0.75
    assert found["never_predicted"] == ["c"]


def test_without_clean_samples_it_is_agreement():
    said, given = np.eye(3)[[0, 0, 1, 0]], np.array([0, 2, 1, 1])
    none = np.zeros(0, int)
    found = judges_quality(said, given, clean_probabilities=np.zeros((0, 3)), clean=none, classes=["a", "b", "c"])
    assert (found["on"], found["n"], found["accuracy"]) == (ON_GIVEN, 4, 0.5)
    assert [row["recall"] for row in found["classes"]] == [1.0, 0.5, 0.0]
