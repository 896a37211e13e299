import copy

import pytest
import torch

from tests.tasks import EACH_TASK


@EACH_TASK
def test_each_network_learns_what_the_other_ranks_lowest(task):
    settings = task.settings("co-teaching", co_teaching={"forget_rate": 0.5, "ramp_epochs": 1})
    run = task.training(settings)
    drawn = run.batches.given(1, 0)
    networks = [run.state.model.train(), run.state.second.model.train()]
    losses = [run.task.loss(copy.deepcopy(one)(drawn.images), drawn.target).detach() for one in networks]
    losses = [loss.reshape(len(loss), -1).mean(1) for loss in losses]
    kept = [loss.argsort()[: len(drawn.images) // 2] for loss in losses]
    expected = (losses[0][kept[1]].mean() + losses[1][kept[0]].mean()) / 2
    before = [copy.deepcopy(one.state_dict()) for one in networks]
    assert run.method.step(run, 1, 0).loss == pytest.approx(float(expected), rel=1e-5)
    for network, old in zip(networks, before, strict=True):
        assert any(not value.equal(old[name]) for name, value in network.state_dict().items() if "weight" in name)


@EACH_TASK
def test_in_the_first_epoch_none_is_left_out(task):
    run = task.training(task.settings("co-teaching", co_teaching={"forget_rate": 0.9, "ramp_epochs": 4}))
    drawn = run.batches.given(0, 0)
    losses = [
        run.task.loss(copy.deepcopy(one.train())(drawn.images), drawn.target).mean().item()
        for one in (run.state.model, run.state.second.model)
    ]
    assert run.method.step(run, 0, 0).loss == pytest.approx(sum(losses) / 2, rel=1e-5)


@EACH_TASK
def test_the_networks_start_apart(task):
    run = task.training(task.settings("co-teaching"))
    assert not torch.equal(*(next(one.model.parameters()) for one in run.state.networks))
