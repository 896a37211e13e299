"""The row of an epoch's samples."""

import numpy as np
import torch

from l2b_cls.losses import cross_entropy
from l2b_cls.sample_log.file import finish_sample_log, read_sample_log
from l2b_cls.sample_log.log_epoch import log_epoch, mean_weights, sample_row
from l2b_run.methods.plain import given_step
from l2b_run.training.step_report import StepReport
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings, training_for


def test_a_row_is_the_networks_view_of_every_sample(tmp_path):
    run = training_for(make_settings("mwnet"))
    labels = {"given": given_labels(), "clean": image_set().labels[:TRAIN]}
    reports = [run.method.step(run, 0, step) for step in range(run.batches.steps)]
    for epoch, made in ((1, reports), (2, [])):
        run.state.epoch = epoch
        log_epoch(tmp_path, run.state, run.batches, made, **labels)
    finish_sample_log(tmp_path, TRAIN)
    log = read_sample_log(tmp_path / "sample_weights.npz")
    assert log.epoch.tolist() == [1, 2]
    images, target, _ = next(run.batches.ordered("train", TRAIN))
    logits = run.state.model.eval()(images).detach()
    np.testing.assert_allclose(log.loss[0], cross_entropy(logits, target), rtol=1e-6)
    assert log.predicted[0].tolist() == logits.argmax(1).tolist()
    assert log.alpha.shape == (2, TRAIN)
    assert not np.isnan(log.alpha[0]).any()
    assert np.isnan(log.alpha[1]).all()
    assert sample_row(run.state, run.batches, [])["loss"].dtype == np.float64


def test_a_saturated_weight_net_still_orders_the_samples(tmp_path):
    """Weights that float32 cannot tell from 1; they fall with the loss, so their AUC is that of -loss."""
    run = training_for(make_settings("mwnet"))
    for step in range(run.batches.steps):
        given_step(run, 0, step)
    net = run.state.memory.net
    first, _, last, _ = net.layers
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        first.weight[0, 0], last.weight[0, 0], last.bias[0] = 1.0, -0.1, 18.0
    found = log_epoch(tmp_path, run.state, run.batches, [], given=given_labels(), clean=image_set().labels[:TRAIN])
    assert net(torch.tensor([0.1, 2.0])).tolist() == [1.0, 1.0]
    assert found["weight_net"] == found["loss"] != 0.5


def test_mean_weights_count_a_sample_as_often_as_it_was_weighed():
    position = torch.tensor([2, 0, 2])
    first = StepReport(0.0, 0.0, position=position, alpha=torch.tensor([0.5, 0.25, 0.25]))
    second = StepReport(0.0, 0.0, position=position[:1], alpha=torch.tensor([0.0]), beta=torch.tensor([0.5]))
    alpha, beta = mean_weights([first, StepReport(0.0, 0.0), second], 4)
    torch.testing.assert_close(alpha, torch.tensor([0.25, torch.nan, 0.25, torch.nan]), equal_nan=True)
    torch.testing.assert_close(beta, torch.tensor([torch.nan, torch.nan, 0.5, torch.nan]), equal_nan=True)
