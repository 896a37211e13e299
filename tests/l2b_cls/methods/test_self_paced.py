"""Self-paced learning: which samples train, and that wrong labels are the ones left out."""

import numpy as np
import torch

from l2b_cls.losses import cross_entropy
from l2b_run.training.method import Training
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings, training_for


def losses_of(run: Training, epoch: int, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    drawn = run.batches.given(epoch, step)
    return cross_entropy(run.state.model(drawn.images), drawn.target).detach(), drawn.position


def test_all_train_at_first_and_the_easy_ones_then():
    settings = make_settings("self-paced", epochs=10, self_paced={"begin": 0.5, "end": 0.5, "decay": 0.0})
    plain, run = training_for(make_settings("ce", epochs=10)), training_for(settings)
    for epoch, easy in ((1, False), (2, True)):
        losses, _ = losses_of(run, epoch, 0)
        expected = losses[losses <= losses.quantile(0.5)].mean() if easy else losses.mean()
        assert torch.isclose(torch.tensor(run.method.step(run, epoch, 0).loss), expected)
        plain.method.step(plain, epoch, 0)
    assert not run.state.model.state_dict().keys() - plain.state.model.state_dict().keys()


def test_the_threshold_is_a_moving_average_of_the_quantile_which_grows():
    settings = make_settings("self-paced", epochs=5, self_paced={"all_until": 0.0, "decay": 0.75})
    run, expected = training_for(settings), None
    for epoch in range(5):
        losses, _ = losses_of(run, epoch, 0)
        now = float(losses.quantile(0.5 + 0.5 * epoch / 4))
        expected = now if expected is None else 0.75 * expected + 0.25 * now
        run.method.step(run, epoch, 0)
        np.testing.assert_allclose(run.state.memory.value, expected, rtol=1e-5)
    again = training_for(settings)
    again.state.load_state_dict(run.state.state_dict())
    assert again.state.memory.value == run.state.memory.value


def test_a_batch_above_the_threshold_trains_its_easiest_sample():
    run = training_for(make_settings("self-paced", epochs=2, self_paced={"all_until": 0.0, "decay": 0.99}))
    run.state.memory.value = 1e-6
    losses, _ = losses_of(run, 0, 0)
    assert run.method.step(run, 0, 0).loss == losses.min().item()


def test_what_is_left_out_is_mostly_wrong():
    run = training_for(make_settings("self-paced", epochs=8, self_paced={"begin": 0.7, "end": 0.7}))
    for epoch in range(4):
        for step in range(run.batches.steps):
            run.method.step(run, epoch, step)
    wrong, left_out = given_labels() != image_set().labels[:TRAIN], np.zeros(TRAIN, bool)
    for step in range(run.batches.steps):
        losses, position = losses_of(run, 4, step)
        left_out[position.numpy()] = (losses > run.state.memory.value).numpy()
    assert wrong[left_out].mean() > 2 * wrong.mean()
