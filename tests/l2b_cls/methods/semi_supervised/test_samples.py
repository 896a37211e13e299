"""What a network says about the training samples' given labels."""

import numpy as np
import torch

from l2b_cls.losses import cross_entropy
from l2b_cls.methods.semi_supervised.samples import given_log_probabilities, given_losses
from tests.l2b_cls.synthetic import TRAIN, given_labels, make_settings, training_for


def test_losses_are_those_of_the_given_labels_in_eval_mode():
    run = training_for(make_settings("ce"))
    for step in range(3):
        run.method.step(run, 0, step)
    images = torch.cat([batch for batch, _, _ in run.batches.ordered("train", TRAIN)])
    found, every = given_losses(run.state.model, run.batches), np.arange(TRAIN)
    with torch.no_grad():
        expected = cross_entropy(run.state.model.eval()(images), torch.from_numpy(given_labels()))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4)
    some = every[[5, 90, 0, 41]]
    np.testing.assert_allclose(given_losses(run.state.model, run.batches, some), found[some], rtol=1e-4)
    logs, labels = given_log_probabilities(run.state.model, run.batches, some)
    assert labels.tolist() == given_labels()[some].tolist()
    torch.testing.assert_close(logs.exp().sum(1), torch.ones(4, dtype=torch.float64))
