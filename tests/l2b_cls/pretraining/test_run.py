"""A pretraining's folder: what it holds, that it learns, that it goes on to the bit."""

import json

import pytest
import torch

from l2b_cls.networks import build_network
from l2b_cls.pretraining.run import PretrainSummary
from l2b_cls.pretraining.settings import read_settings
from l2b_data.errors import L2BError
from tests.l2b_cls.pretraining.tiny import make_settings, pretrained, squares
from tests.training import Stop, assert_same, contents


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_folder_holds_the_encoder_and_how_it_came_about(tmp_path):
    encoder, summary = pretrained(tmp_path, make_settings(epochs=8))
    files = {"config.yaml", "env.json", "metrics.jsonl", "checkpoint_latest.pt", "encoder.safetensors", "summary.json"}
    assert {path.name for path in tmp_path.iterdir()} == files
    assert read_settings(tmp_path / "config.yaml") == make_settings(epochs=8)
    plain = build_network(make_settings().network, classes=3, channels=1).state_dict()
    assert encoder.keys() == {name for name in plain if not name.startswith("head.")}
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert summary.loss_by_epoch == [row["loss"] for row in rows]
    assert summary.loss_by_epoch[-1] < summary.loss_by_epoch[0] - 0.1
    assert PretrainSummary.read(tmp_path / "summary.json") == summary
    assert (summary.architecture, summary.n_images, summary.method) == ("small-cnn", 96, "simclr")


def test_labels_are_not_read(tmp_path):
    first, _ = pretrained(tmp_path / "a")
    assert same(pretrained(tmp_path / "b", images=squares(label=2))[0], first)
    assert not same(pretrained(tmp_path / "c", make_settings(seed=1))[0], first)


@pytest.mark.parametrize("epoch", [2, 3])
def test_an_interrupted_pretraining_goes_on_to_the_bit(tmp_path, epoch):
    whole, _ = pretrained(tmp_path / "whole")

    def power_cut(row):
        if row["epoch"] == epoch and row.get("step") == 2:
            raise Stop

    with pytest.raises(Stop):
        pretrained(tmp_path / "cut", progress=power_cut)
    assert not (tmp_path / "cut" / "encoder.safetensors").exists()
    resumed, summary = pretrained(tmp_path / "cut", resume=True)
    assert same(resumed, whole)
    assert_same(*(contents(tmp_path / name / "checkpoint_latest.pt") for name in ("whole", "cut")))
    assert len(summary.loss_by_epoch) == 3


def test_divergence_names_the_way_out(tmp_path):
    optimizer = {"lr": 1e30, "schedule": "constant"}
    with pytest.raises(L2BError, match=r"training stopped in epoch 1, step \d .*Lower optimizer\.lr"):
        pretrained(tmp_path, make_settings(optimizer=optimizer))
