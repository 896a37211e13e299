"""Images of a pretraining: those of a `train` with the same values, under no label."""

from dataclasses import replace

import numpy as np
import pytest

from l2b_cls.batches.sample_batches import Samples
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.write_image_set import write_image_set
from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.pretraining import PRETRAINING
from pipelines.plan.request import TrainRequest, plan
from tests.l2b_cls.synthetic import META, TRAIN, image_set


def planned(*overrides, data=None, **request):
    asked = TrainRequest("digits", data or image_set().root, "simclr", overrides=list(overrides), **request)
    return plan(replace(asked, preset="cpu", device="cpu"), PRETRAINING)


@pytest.mark.parametrize("way", ["meta.source=online", "data.keep_meta_in_train=true"])
def test_the_images_are_those_of_train(way):
    part = ["data.train_samples=50", "data.tuning_samples=20"]
    asked = TrainRequest("digits", image_set().root, "ce", noise_seed=3, overrides=[*part, way, "data.meta_size=9"])
    trained = plan(replace(asked, preset="cpu", device="cpu"), CLASSIFICATION).data
    found = planned(*part, "data.noise_seed=3").data
    assert found.index.tolist() == trained.train.tolist()
    assert len(found) == 50
    assert planned(*part).data.index.tolist() != found.index.tolist()
    assert set(found.labels) == {0}


def test_all_training_images_and_what_they_say_fill_the_settings_in():
    found = planned("augmentation.flip=0.3")
    assert found.data.index.tolist() == list(range(TRAIN + META))
    assert found.settings.data.train_samples == TRAIN + META
    assert (found.settings.task.classes, found.settings.task.channels) == (["left", "middle", "right"], 1)
    pixels = image_set().images(np.arange(TRAIN + META)) / 255
    assert found.settings.augmentation.mean == pytest.approx([pixels.mean()], abs=1e-3)
    assert found.settings.augmentation.std == pytest.approx([pixels.std()], abs=1e-3)
    assert (found.settings.augmentation.flip, found.settings.augmentation.resized_crop) == (0.3, 0.2)
    assert isinstance(found.data, Samples)


@pytest.mark.parametrize(
    ("override", "text"),
    [
        ("data.tuning_samples=119", "data.tuning_samples 119 leaves fewer than two of 120 samples"),
        (f"network.weights={__file__}", "is damaged or holds more than named tensors"),
        ("network.weights=nowhere.safetensors", "network.weights nowhere.safetensors does not exist"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path, override, text):
    with pytest.raises(ConfigError, match=text):
        planned(override, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_training_images(tmp_path):
    images = np.zeros((4, 8, 8, 1), np.uint8)
    of_test = {"labels": [0, 1, 0, 1], "split": ["test"] * 3 + ["train"], "classes": ["a", "b"]}
    other = write_image_set(tmp_path / "data", name="other", images=images, **of_test)
    with pytest.raises(DataError, match="1 samples of split train"):
        planned(data=other.root)
