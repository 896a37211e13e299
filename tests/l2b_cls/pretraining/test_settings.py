"""Settings of a pretraining: the recipe's network and images, the published values, all faults in one message."""

import pytest

from l2b_cls.pretraining.settings import SimclrSettings, load_settings
from l2b_cls.recipe import load_settings as load_training_settings
from l2b_data.errors import ConfigError
from l2b_run.settings.recipe import load_recipe

RECIPES = ("cifar10", "cifar100", "pneumoniamnist", "digits", "images")
PRESETS = [(name, preset) for name in RECIPES for preset in load_recipe(name, kind="classification").pretraining]


def load(recipe="cifar10", preset="cpu", *overrides):
    return load_settings(recipe, preset=preset, method="simclr", overrides=list(overrides))


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_shipped_recipes(name, preset):
    chosen, training = load(name, preset), load_training_settings(name, preset=preset, method="ce")
    assert (chosen.recipe, chosen.preset, chosen.method) == (name, preset, "simclr")
    assert chosen.data.train_samples == training.data.train_samples
    for key in ("flip", "rotation_deg", "size", "mean", "std"):
        assert getattr(chosen.augmentation, key) == getattr(training.augmentation, key)
    assert chosen.augmentation.resized_crop == 0.2
    assert (chosen.network == training.network) == (chosen.network.architecture != "resnet18-cifar")


def test_every_shipped_recipe_has_both_presets():
    assert {(name, preset) for name in RECIPES for preset in ("paper", "cpu")} == set(PRESETS)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_the_values_of_c2d(name):
    chosen = load(name, "paper")
    assert chosen.network.architecture == "resnet18-cifar"
    assert (chosen.epochs, chosen.batch_size, chosen.temperature, chosen.projection) == (1000, 1024, 0.5, 128)
    assert (chosen.optimizer.lr, chosen.optimizer.momentum, chosen.optimizer.schedule) == (0.5, 0.9, "cosine")
    given = {"recipe": name, "preset": "paper", "method": "simclr"}
    defaults = SimclrSettings.model_validate(given)
    assert chosen.optimizer == defaults.optimizer
    assert (chosen.epochs, chosen.batch_size) == (defaults.epochs, defaults.batch_size)


def test_set_comes_last():
    chosen = load("cifar10", "cpu", "epochs=3", "optimizer.lr=0.1", "augmentation.resized_crop=0.5")
    assert (chosen.epochs, chosen.optimizer.lr, chosen.augmentation.resized_crop) == (3, 0.1, 0.5)
    assert chosen.optimizer.weight_decay == 1e-4


def test_a_recipe_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nkind: classification\nbase: {network: {widths: [4, 6]}}\n"
        "presets: {cpu: {methods: {l2rw: {epochs: 7}}}, gpu: {}}\n"
        "pretraining: {cpu: {epochs: 5, network: {widths: [8]}}}\n"
    )
    chosen = load(path)
    assert (chosen.recipe, chosen.epochs, chosen.network.widths) == ("mine", 5, [8])
    with pytest.raises(ConfigError, match=r"mine\.yaml has no pretraining values for preset 'gpu' \(it has: cpu\)"):
        load(path, "gpu")
    assert load_training_settings(path, preset="cpu", method="ce").epochs == 300


def test_every_fault_in_one_message():
    with pytest.raises(ConfigError) as caught:
        load("isic2019", "paper", "optimizer.lrr=1", "augmentation.resized_crop=1.0", "task.channels=1", "x")
    for text in (
        "recipe isic2019 has no pretraining values for preset 'paper' (it has: none)",
        "--set 'x': write key=value",
    ):
        assert text in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        load("cifar11", "cpu", "optimizer.lrr=1", "augmentation.resized_crop=1.0", "task.channels=1")
    for text in (
        "unknown recipe 'cifar11'",
        "optimizer.lrr",
        "augmentation.resized_crop: Input should be less than 1",
        "task cannot be set",
    ):
        assert text in str(caught.value)
    with pytest.raises(ConfigError, match=r"augmentation\.mean and augmentation\.std come together"):
        load("cifar10", "cpu", "augmentation.mean=null")
