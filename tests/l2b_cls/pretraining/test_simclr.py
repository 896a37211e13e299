"""SimCLR's step and network: two views through a projection head, no label."""

import pytest
import torch

from l2b_cls.batches.augment import normalised
from l2b_cls.losses import contrastive_loss
from l2b_cls.networks import build_network
from l2b_cls.pretraining.simclr import projecting_network, simclr_training
from l2b_cls.pretraining.simclr_view import simclr_view
from tests.l2b_cls.pretraining.tiny import make_settings, squares
from tests.l2b_cls.synthetic import CPU


def test_a_step_brings_two_views_of_an_image_together():
    settings = make_settings(temperature=0.2)
    run = simclr_training(settings, squares(), CPU)
    run.state.model.train()
    torch.manual_seed(settings.seed)
    model = projecting_network(settings).train()
    stored = squares().images(run.batches.batch_positions(0, 1))
    views = simclr_view(stored.repeat(2, 1, 1, 1), run.batches.other_draws(0, 1), settings.augmentation)
    first, second = model(normalised(views, [0.3], [0.25])).chunk(2)
    assert not torch.equal(views[:32], views[32:])
    expected = contrastive_loss(first, second, 0.2)
    expected.backward()
    report = run.method.step(run, 0, 1)
    assert report.loss == pytest.approx(float(expected.detach()), rel=1e-5)
    for moved, parameter in zip(run.state.model.parameters(), model.parameters(), strict=True):
        step = 0.1 * (parameter.grad + 1e-4 * parameter)
        torch.testing.assert_close(moved, parameter - step, rtol=1e-3, atol=1e-5)


def test_an_epoch_reads_every_image_once_in_a_new_order():
    run = simclr_training(make_settings(batch_size=40), squares(), CPU)
    assert run.batches.steps == 2
    seen = [run.batches.batch_positions(epoch, step).tolist() for epoch in (0, 1) for step in (0, 1)]
    assert len({*seen[0], *seen[1]}) == 80
    assert seen[:2] != seen[2:]
    assert simclr_training(make_settings(batch_size=500), squares(), CPU).batches.steps == 1


@pytest.mark.parametrize(("architecture", "head", "width"), [("small-cnn", "head", 8), ("resnet18-cifar", "fc", 512)])
def test_the_last_layer_is_a_projection_head(architecture, head, width):
    model = projecting_network(make_settings(network={"architecture": architecture, "widths": [4, 6, 8]}))
    layers = model.get_submodule(head)
    assert [type(layer).__name__ for layer in layers] == ["Linear", "ReLU", "Linear"]
    assert [layers[0].in_features, layers[0].out_features, layers[2].out_features] == [width, width, 6]
    assert model(torch.zeros(2, 1, 12, 12)).shape == (2, 6)


def test_the_same_seed_draws_the_encoder_that_train_would_draw():
    settings = make_settings(seed=4)
    torch.manual_seed(4)
    plain = build_network(settings.network, classes=3, channels=1).state_dict()
    drawn = simclr_training(settings, squares(), CPU).state.model.state_dict()
    assert torch.equal(drawn["features.0.weight"], plain["features.0.weight"])
