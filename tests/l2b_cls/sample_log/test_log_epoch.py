"""The row of an epoch's samples."""

import torch

from l2b_cls.losses import cross_entropy
from l2b_cls.methods.table import METHODS, StepReport
from l2b_cls.sample_log.log_epoch import detection, log_samples, mean_weights, sample_log_of
from tests.l2b_cls.synthetic import TRAIN, feed_for, given_labels, image_set, make_settings, state_for


def test_a_row_is_the_networks_view_of_every_sample():
    settings = make_settings("mwnet")
    state, feed = state_for(settings), feed_for(settings)
    reports = [METHODS["mwnet"].step(state, feed, settings, 0, step) for step in range(feed.steps)]
    state.epoch = 1
    log_samples(state, feed, reports)
    state.epoch = 2
    log_samples(state, feed, [])
    log = sample_log_of(state)
    assert log.epoch.tolist() == [1, 2]
    images, labels, _ = next(feed.ordered("train", TRAIN))
    logits = state.model.eval()(images).detach()
    torch.testing.assert_close(torch.from_numpy(log.loss[0]), cross_entropy(logits, labels).double())
    assert log.predicted[0].tolist() == logits.argmax(1).tolist()
    assert log.alpha.shape == (2, TRAIN)
    assert not torch.from_numpy(log.alpha[0]).isnan().any()
    assert torch.from_numpy(log.alpha[1]).isnan().all()
    assert state.sample_log["loss"][0].dtype == torch.float32


def test_a_saturated_weight_net_still_orders_the_samples():
    """Weights that float32 cannot tell from 1; they fall with the loss, so their AUC is that of -loss."""
    settings = make_settings("mwnet")
    state, feed = state_for(settings), feed_for(settings)
    for step in range(feed.steps):
        METHODS["ce"].step(state, feed, settings, 0, step)
    first, _, last, _ = state.weight_net.layers
    with torch.no_grad():
        for parameter in state.weight_net.parameters():
            parameter.zero_()
        first.weight[0, 0], last.weight[0, 0], last.bias[0] = 1.0, -0.1, 18.0
    log_samples(state, feed, [])
    assert state.weight_net(torch.tensor([0.1, 2.0])).tolist() == [1.0, 1.0]
    found = detection(state, given_labels(), image_set().labels[:TRAIN])
    assert found["weight_net"] == found["loss"] != 0.5


def test_mean_weights_count_a_sample_as_often_as_it_was_weighed():
    position = torch.tensor([2, 0, 2])
    first = StepReport(0.0, 0.0, position=position, alpha=torch.tensor([0.5, 0.25, 0.25]))
    second = StepReport(0.0, 0.0, position=position[:1], alpha=torch.tensor([0.0]), beta=torch.tensor([0.5]))
    alpha, beta = mean_weights([first, StepReport(0.0, 0.0), second], 4)
    torch.testing.assert_close(alpha, torch.tensor([0.25, torch.nan, 0.25, torch.nan]), equal_nan=True)
    torch.testing.assert_close(beta, torch.tensor([torch.nan, torch.nan, 0.5, torch.nan]), equal_nan=True)
