"""The loss of the given label, by hand, and cleanlab's opinion of it."""

import numpy as np
import pytest

from l2b_cls.audit.baselines import cleanlab_opinion, given_losses


def test_the_loss_of_the_given_label():
    probabilities = np.array([[0.25, 0.75], [1.0, 0.0]], np.float32)
    np.testing.assert_allclose(given_losses(probabilities, np.array([0, 1])), [np.log(4), -np.log(1e-7)])


def test_cleanlab_finds_the_two_that_were_swapped():
    pytest.importorskip("cleanlab", reason="extra `audit` is not installed")
    labels = np.arange(60) % 3
    probabilities = np.full((60, 4), 0.05)
    probabilities[np.arange(60), labels] = 0.85
    given = labels.copy()
    given[[7, 20]] = (given[[7, 20]] + 1) % 3  # class 3 is given to nobody
    score, flagged = cleanlab_opinion(probabilities, given)
    assert set(np.argsort(-score)[:2].tolist()) == {7, 20}
    assert np.flatnonzero(flagged).tolist() == [7, 20]
    score, flagged = cleanlab_opinion(probabilities, np.zeros(60, int))
    assert not flagged.any()
