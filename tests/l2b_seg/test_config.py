"""Settings at the door: layers, overrides, all faults in one message, and back from the resolved file."""

import pytest
import yaml

from l2b_data.errors import ConfigError
from l2b_run.settings.recipe import load_recipe
from l2b_seg.config import Settings
from l2b_seg.methods.table import METHODS
from l2b_seg.recipe import load_settings, read_settings

RECIPE = """
name: toy
base:
  optimizer: {momentum: 0.5, lr: 0.1}
  epochs: 7
presets:
  quick:
    epochs: 3
    optimizer: {lr: 0.2}
    methods:
      nl: {optimizer: {lr: 0.3, clip_norm: null}, batch_size: 5}
  slow: {}
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(RECIPE)
    return path


def test_layers_merge_in_order(recipe):
    plain = load_settings(recipe, preset="quick", method="l2b", seed=4)
    assert (plain.recipe, plain.preset, plain.method, plain.seed) == ("toy", "quick", "l2b", 4)
    assert (plain.epochs, plain.optimizer.lr, plain.optimizer.momentum, plain.batch_size) == (3, 0.2, 0.5, 1)
    by_method = load_settings(recipe, preset="quick", method="nl")
    assert (by_method.optimizer.lr, by_method.optimizer.momentum, by_method.batch_size) == (0.3, 0.5, 5)
    assert by_method.optimizer.clip_norm is None
    assert load_settings(recipe, preset="slow", method="nl").epochs == 7
    over = ["optimizer.lr=0.7", "epochs=9", "optimizer.lr=0.8", "slices.intensity=zscore", "optimizer.nesterov=true"]
    chosen = load_settings(recipe, preset="quick", method="nl", overrides=over)
    assert (chosen.optimizer.lr, chosen.epochs, chosen.slices.intensity) == (0.8, 9, "zscore")
    assert chosen.optimizer.nesterov is True
    assert chosen.optimizer.momentum == 0.5


def test_every_fault_in_one_message(recipe):
    recipe.write_text(RECIPE.replace("epochs: 7", "epochs: many\n  widht: 3"))
    over = ["optimizer.lr=-1", "slices.size=50", "bootstrap.normalise=softmax", "optimizer.nesterov='yes'"]
    with pytest.raises(ConfigError) as caught:
        load_settings(recipe, preset="slow", method="l3b", overrides=over)
    message = str(caught.value)
    for text in ("toy.yaml", "slow", "epochs: ", "'many'", "widht", "optimizer.lr", "-1", "slices.size", "normalise"):
        assert text in message
    assert "method: " in message
    assert "'l3b'" in message
    assert "optimizer.nesterov" in message  # a word is no boolean


@pytest.mark.parametrize(
    ("over", "match"),
    [
        ("optimizer.lr", "--set 'optimizer.lr': write key=value"),
        ("=3", "--set '=3'"),
        ("optimizer=3", "optimizer: .*got 3"),
        ("optimizer.lr.deep=3", "optimizer.lr: "),
        ("network.widths=[1, 2]", "network.widths"),
        ("warm_up=1", "warm_up: "),
        ("bootstrap.pseudo_label=teacher", "set average_decay above 0"),
        ("network={architecture: smp, encoder_depth: 5}", "multiple of 32"),
        ("optimizer.lr=.inf", "optimizer.lr: "),
        ("network.widths=[4, 4, 0, 4, 4]", r"network\.widths\.2"),
        ("epochs=[", "is no YAML value"),
        ("seed=3", "use the argument or option for seed"),
        ("epochs=2.5", "epochs: "),
    ],
)
def test_wrong_overrides(recipe, over, match):
    with pytest.raises(ConfigError, match=match):
        load_settings(recipe, preset="quick", method="l2b", overrides=[over])


def test_wrong_recipes(recipe, tmp_path):
    with pytest.raises(ConfigError, match=r"preset 'cpu' is not in .*toy\.yaml; it has quick, slow"):
        load_settings(recipe, preset="cpu", method="l2b")
    with pytest.raises(ConfigError, match=r"none\.yaml does not exist"):
        load_settings(tmp_path / "none.yaml", preset="cpu", method="l2b")
    with pytest.raises(ConfigError, match=r"unknown recipe 'promise13': name one of .*promise12"):
        load_settings("promise13", preset="cpu", method="l2b")
    recipe.write_text("name: [")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        load_settings(recipe, preset="quick", method="l2b")
    recipe.write_text("nmae: toy\npresets: {a: {}}\n")
    with pytest.raises(ConfigError, match=r"(?s)recipe .*toy.yaml:.*name: .*nmae: "):
        load_settings(recipe, preset="a", method="l2b")


def test_resolved_settings_round_trip(recipe, tmp_path):
    chosen = load_settings(recipe, preset="quick", method="nl", overrides=["network.widths=[1, 2, 3, 4, 5]"])
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(chosen.model_dump(), sort_keys=False))
    assert read_settings(path) == chosen


@pytest.mark.parametrize("text", ["[", "recipe: toy\n", "\x00", "- 1\n"])
def test_damaged_resolved_settings(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        read_settings(tmp_path / "config.yaml")


@pytest.mark.parametrize("name", ["promise12", "folder", "lesions", "synthetic"])
@pytest.mark.parametrize("preset", ["paper", "cpu"])
@pytest.mark.parametrize("method", [*METHODS, "meta"])
def test_shipped_recipes_hold_for_every_method(name, preset, method):
    chosen = load_settings(name, preset=preset, method=method)
    assert isinstance(chosen, Settings)
    assert (chosen.recipe, chosen.method) == (name, "clean-only" if method == "meta" else method)
    assert name in ("promise12", "synthetic") or chosen.slices.crop == 1


def test_own_data_is_trained_on_as_it_is(recipe):
    assert {name: load_recipe(name, kind="segmentation").noise for name in ("promise12", "folder", "lesions")} == {
        "promise12": "L2",
        "folder": None,
        "lesions": None,
    }
    assert load_recipe(recipe, kind="segmentation").noise is None
    assert load_settings("lesions", preset="cpu", method="l2b").augmentation.rotation_deg == 180


def test_the_task_is_the_data_sets(recipe):
    with pytest.raises(ConfigError, match="task cannot be set"):
        load_settings(recipe, preset="quick", method="l2b", overrides=["task.classes=[a, b]"])


def test_numbers_without_a_dot_are_numbers(recipe):
    for text in ("1e-3", "+1E-3", ".1e-2", "1.0e-3"):
        over = [f"optimizer.lr={text}"]
        assert load_settings(recipe, preset="quick", method="l2b", overrides=over).optimizer.lr == 1e-3


@pytest.mark.parametrize(
    ("given", "text"),
    [("1e5", "1e5"), ("'1e5'", "1e5"), (" 5 ", "5"), ("on", "on"), ("2020-01-01", "2020-01-01"), ("null", None)],
)
def test_a_setting_of_type_text_keeps_the_text(recipe, given, text):
    over = [f"network.encoder_weights={given}"]
    assert load_settings(recipe, preset="quick", method="l2b", overrides=over).network.encoder_weights == text


def test_warm_up_is_a_share_and_never_all_epochs(recipe):
    def epochs(*over):
        return load_settings(recipe, preset="quick", method="l2b", overrides=list(over)).warm_up_epochs

    assert [epochs(f"epochs={n}", "warm_up=0.6") for n in (1, 2, 12)] == [0, 1, 7]


def test_a_recipe_may_name_a_method_by_its_alias(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text("name: toy\npresets: {a: {methods: {meta: {epochs: 5}}}}\n")
    for method in ("meta", "clean-only"):
        chosen = load_settings(path, preset="a", method=method)
        assert (chosen.method, chosen.epochs) == ("clean-only", 5)


def test_unknown_method_in_a_recipe_is_named(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text("name: toy\npresets: {a: {methods: {l3b: {}}}}\n")
    with pytest.raises(ConfigError, match="l3b"):
        load_settings(path, preset="a", method="l2b")


@pytest.mark.parametrize("normalize", ["sum_to_one", "soft_choice"])
def test_one_label_is_not_weighed_against_itself(recipe, normalize):
    over = [f"bootstrap.normalize={normalize}"]
    with pytest.raises(ConfigError, match="method nl has one here and would weigh all alike"):
        load_settings(recipe, preset="quick", method="nl", overrides=over)
    assert load_settings(recipe, preset="quick", method="l2b", overrides=over).bootstrap.normalize == normalize
