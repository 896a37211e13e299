"""Metrics by hand and against scikit-learn's own averages."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from l2b_cls.metrics.sample_metrics import DEFINITIONS, classification_metrics, one_vs_rest_auc


def test_by_hand():
    probabilities = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.2, 0.8]])
    found = classification_metrics(probabilities, np.array([0, 0, 1, 1, 1]))
    assert found == {
        "accuracy": pytest.approx(0.8),
        "balanced_accuracy": pytest.approx((1 + 2 / 3) / 2),
        "auc": pytest.approx(4 / 6),
        "confusion_matrix": [[2, 0], [1, 2]],
    }
    assert found.keys() <= DEFINITIONS.keys()


def test_against_sklearn():
    rng = np.random.default_rng(0)
    probabilities, labels = rng.dirichlet(np.ones(5), 300), rng.integers(0, 5, 300)
    found = classification_metrics(probabilities, labels)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, probabilities.argmax(1)))
    assert np.sum(found["confusion_matrix"]) == 300


def test_classes_that_do_not_occur_stay_out_of_the_means():
    probabilities = np.array([[0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.2, 0.3, 0.5]])
    found = classification_metrics(probabilities, np.array([1, 0, 0]))
    assert found["balanced_accuracy"] == pytest.approx((0.5 + 1) / 2)
    assert found["auc"] == pytest.approx(1.0)
    assert found["confusion_matrix"] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_one_class_and_no_sample():
    assert one_vs_rest_auc(np.array([[0.4, 0.6], [0.3, 0.7]]), np.array([1, 1])) is None
    assert classification_metrics(np.zeros((0, 2)), np.zeros(0, np.int64)) == {
        "accuracy": None,
        "balanced_accuracy": None,
        "auc": None,
        "confusion_matrix": [],
    }
