"""The shipped recipes: every method and preset, and the papers' numbers in them."""

from types import SimpleNamespace

import pytest
import torch
from torch.optim import SGD

from l2b_cls.methods.table import METHODS
from l2b_cls.methods.weight_nets import start
from l2b_cls.recipe import load_settings, read_settings
from l2b_data.errors import ConfigError
from l2b_run.settings.recipe import load_recipe
from l2b_seg.recipe import load_settings as load_segmentation

RECIPES = ("cifar10", "cifar100", "isic2019", "clothing1m", "pneumoniamnist", "digits", "images")
PRESETS = [(name, preset) for name in RECIPES for preset in load_recipe(name, kind="classification").presets]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
@pytest.mark.parametrize("method", METHODS)
def test_shipped_recipes_hold_for_every_method(name, preset, method):
    pretrained = ["network.weights=encoder.safetensors"] if "c2d" in method else []
    if preset == "mwnet-stable" and METHODS[method].networks == 2 and method != "co-teaching":
        with pytest.raises(ConfigError, match="set warm_up above 0"):  # a preset of one method, without a warm-up
            load_settings(name, preset=preset, method=method, overrides=pretrained)
        return
    chosen = load_settings(name, preset=preset, method=method, overrides=pretrained)
    assert (chosen.recipe, chosen.preset, chosen.method) == (name, preset, method)


@pytest.mark.parametrize(
    ("name", "batch", "lr", "epochs", "warm_up", "clip", "normalize"),
    [
        ("cifar10", 512, 0.15, 300, 10, 0.25, "rectified"),
        ("cifar100", 256, 0.15, 300, 10, 0.8, "rectified"),
        ("isic2019", 64, 0.01, 30, 1, 0.8, "softmax"),
        ("clothing1m", 256, 0.005, 300, 0, None, "rectified"),
    ],
)
def test_the_papers_settings_of_l2b(name, batch, lr, epochs, warm_up, clip, normalize):
    chosen = load_settings(name, preset="paper", method="l2b")
    assert (chosen.batch_size, chosen.meta_batch_size) == (batch, batch)
    assert (chosen.optimizer.lr, chosen.optimizer.clip_norm, chosen.optimizer.nesterov) == (lr, clip, False)
    assert (chosen.optimizer.momentum, chosen.optimizer.weight_decay) == (0.9, 5e-4)
    assert (chosen.epochs, chosen.warm_up_epochs, chosen.bootstrap.normalize) == (epochs, warm_up, normalize)
    assert chosen.optimizer.schedule == "cosine"
    assert not chosen.bootstrap.supervised_meta_step
    assert chosen.average_decay == 0
    assert load_settings(name, preset="paper", method="ce").optimizer == chosen.optimizer


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_the_papers_settings_of_rmnwnet(name):
    chosen = load_settings(name, preset="paper", method="rmnwnet")
    assert (chosen.meta.source, chosen.meta.loss) == ("given", "mae")
    assert chosen.network.architecture == "wrn-28-10"
    assert (chosen.batch_size, chosen.steps_per_epoch, chosen.sampling, chosen.epochs) == (100, 500, "iid", 120)
    assert (chosen.optimizer.lr, chosen.optimizer.milestones, chosen.optimizer.nesterov) == (0.05, [36, 38], True)
    assert chosen.augmentation.padding_mode == "reflect"
    clean = load_settings(name, preset="paper", method="mwnet")
    assert clean.model_copy(update={"method": "rmnwnet", "meta": chosen.meta}) == chosen


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_mwnet_as_in_its_stable_release(name):
    chosen = load_settings(name, preset="mwnet-stable", method="mwnet")
    net = chosen.weight_net
    assert (net.optimizer, net.lr, net.weight_decay, net.weight_norm) == ("adam", 1e-3, 1e-4, "none")
    assert (chosen.optimizer.milestones, chosen.optimizer.nesterov, chosen.epochs) == ([80, 100], False, 120)
    state = SimpleNamespace(model=torch.nn.Linear(2, 2))
    assert type(start(chosen.weight_net, state).optimizer) is torch.optim.Adam
    assert type(start(load_settings(name, preset="paper", method="mwnet").weight_net, state).optimizer) is SGD


def test_recipes_of_the_other_kind_are_refused_by_name():
    with pytest.raises(ConfigError, match=r"promise12\.yaml is for segmentation, not classification; name one of .*ci"):
        load_settings("promise12", preset="cpu", method="l2b")
    with pytest.raises(ConfigError, match=r"cifar10\.yaml is for classification, not segmentation; name one of .*prom"):
        load_segmentation("cifar10", preset="cpu", method="l2b")


def test_every_fault_in_one_message():
    with pytest.raises(ConfigError) as caught:
        load_settings("cifar11", preset="cpu", method="l3b", overrides=["optimizer.lrr=1", "task.channels=1", "x"])
    message = str(caught.value)
    for text in ("unknown recipe 'cifar11'", "'l3b'", "--set 'x': write key=value"):
        assert text in message
    with pytest.raises(ConfigError) as caught:
        load_settings("cifar10", preset="gpu", method="l3b", overrides=["optimizer.lrr=1", "task.channels=1"])
    message = str(caught.value)
    for text in ("preset 'gpu'", "it has paper, cpu, mwnet-stable", "'l3b'", "optimizer.lrr", "task cannot be set"):
        assert text in message


def test_damaged_resolved_settings(tmp_path):
    (tmp_path / "config.yaml").write_text("recipe: cifar10\n")
    with pytest.raises(ConfigError, match=r"config\.yaml does not hold") as caught:
        read_settings(tmp_path / "config.yaml")
    assert "\n  preset: Field required" in str(caught.value)
    assert "pydantic" not in str(caught.value)
