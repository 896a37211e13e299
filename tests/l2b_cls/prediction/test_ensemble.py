"""`l2b-cls predict` with several runs: the mean of their probabilities, and the audit that takes them."""

import csv

import numpy as np
import pytest
import torch
import yaml

from l2b_cli.cls.predict import predict as predict_command
from l2b_cls.audit.judges.read_probabilities import read_probabilities
from l2b_cls.networks.build_network import build_network
from l2b_cls.prediction.classifier import load_run
from l2b_cls.prediction.predict import predict
from l2b_run.folder.write_run import write_weights
from tests.command import call_command
from tests.data_prep.published import write_image
from tests.l2b_cls.synthetic import image_set, make_settings


def save(run, *, seed=0, **over):
    settings = make_settings("ce", **over)
    run.mkdir()
    (run / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    torch.manual_seed(seed)
    write_weights(run / "model.safetensors", build_network(settings.network, classes=3, channels=1))
    return run


def columns(path):
    with open(path, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return [row["name"] for row in rows], np.array(
        [[float(v) for k, v in row.items() if k[:2] == "p_"] for row in rows]
    )


def test_the_mean_of_the_members_probabilities_and_its_audit(tmp_path):
    images, runs = image_set(), [save(tmp_path / f"run{seed}", seed=seed) for seed in range(2)]
    code, _, said = call_command(predict_command, *runs, images.root, "--split", "train", "--out", tmp_path / "p.csv")
    assert code == 0, said
    each = [predict(load_run(run), images.root, split="train") for run in runs]
    names, found = columns(tmp_path / "p.csv")
    assert names == each[0].names
    assert np.abs(each[0].probabilities - each[1].probabilities).max() > 0.01
    np.testing.assert_allclose(found, np.mean([one.probabilities for one in each], axis=0))
    np.testing.assert_allclose(read_probabilities(tmp_path / "p.csv", images, images.indices("train")), found)


def test_a_picture_that_fails_for_one_fails(tmp_path):
    write_image(tmp_path / "new" / "fine.png", size=(12, 12), value=80)
    (tmp_path / "new" / "broken.png").write_bytes(b"no picture")
    runs = [save(tmp_path / f"run{seed}", seed=seed) for seed in range(2)]
    code, text, said = call_command(predict_command, *runs, tmp_path / "new")
    assert code == 4
    assert "broken.png" in said
    assert [line.split(",")[0] for line in text.splitlines()] == ["name", "fine.png"]


@pytest.mark.parametrize("classes", [["left", "middle", "other"], ["middle", "left", "right"]])
def test_runs_of_other_classes_are_named(tmp_path, classes):
    one = save(tmp_path / "one")
    other = save(tmp_path / "other", task={"classes": classes, "channels": 1, "size": [12, 12]})
    code, _, said = call_command(predict_command, one, other, image_set().root)
    assert code == 2
    assert f"classes: left, middle, right in {one}, {', '.join(classes)} in {other}" in said
