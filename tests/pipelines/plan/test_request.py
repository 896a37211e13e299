"""What plans of both tasks have in common: the preset where none is named, and all faults in one message."""

import pytest
import torch

from l2b_data.errors import ConfigError
from pipelines.plan import request as module
from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.request import TrainRequest, plan
from pipelines.plan.segmentation import SEGMENTATION
from tests.l2b_cls.synthetic import image_set
from tests.l2b_seg.tiny import make_dataset

RECIPE = "name: toy\nkind: classification\npresets: {%s}\n"


@pytest.mark.parametrize(
    ("device", "presets", "chosen"),
    [
        ("cuda", "paper: {}, cpu: {}", "paper"),
        ("cuda", "cpu: {}", "cpu"),
        ("cpu", "paper: {}, cpu: {}", "cpu"),
        ("cpu", "mine: {}, other: {}", "mine"),
    ],
)
def test_the_default_preset_is_one_the_recipe_has(tmp_path, monkeypatch, device, presets, chosen):
    monkeypatch.setattr(module, "choose_device", lambda name: torch.device(device))
    (tmp_path / "toy.yaml").write_text(RECIPE % presets)
    request = TrainRequest(str(tmp_path / "toy.yaml"), image_set().root, "ce", overrides=["data.meta_size=3"])
    assert plan(request, CLASSIFICATION).settings.preset == chosen


def test_the_default_preset_on_cuda_is_one_the_recipe_has(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "choose_device", lambda name: torch.device("cuda"))
    root = make_dataset(tmp_path / "data").root
    assert plan(TrainRequest("synthetic", root, noise="clean"), SEGMENTATION).settings.preset == "paper"
    recipe = tmp_path / "small.yaml"
    recipe.write_text("name: small\npresets:\n  cpu: {epochs: 2}\n")
    assert plan(TrainRequest(str(recipe), root, noise="clean"), SEGMENTATION).settings.preset == "cpu"


def test_all_faults_of_a_request_in_one_message(tmp_path):
    request = TrainRequest("nowhere", None, noise="pepper:2", device="tpu", overrides=["=3"], out=tmp_path / "run")
    (tmp_path / "run").write_text("a file")
    with pytest.raises(ConfigError) as caught:
        plan(request, CLASSIFICATION)
    for text in ("--data is missing", "'tpu'", "unknown recipe 'nowhere'", "--set '=3'", "'pepper'", "is a file"):
        assert text in str(caught.value)
