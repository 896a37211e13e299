"""Two classes in colour pictures of different sizes: trained, evaluated a class, shown, and predicted again."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml

from l2b_data.cases.slicing import SliceOptions
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, read_volume
from l2b_seg.batches.views import draw_views, view_pseudo_label
from l2b_seg.prediction.predictor import load_run
from l2b_seg.recipe import read_settings
from l2b_seg.run import run_training
from l2b_seg.run_data import RunData, with_task
from l2b_seg.task import Task
from tests.l2b_seg.tiny import CPU, make_colour, make_settings

ZSCORE = {"size": 32, "intensity": "zscore", "mask_threshold": "half"}


@pytest.fixture
def colour(tmp_path):
    dataset = make_colour(tmp_path / "colour")
    split = dataset.splits
    return RunData(dataset, "labelsTr", {"level": "clean"}, split["train"], split["meta"], split["test"])


def settings_for(data, method, **over):
    return with_task(make_settings(method, slices=ZSCORE, batch_size=3, meta_batch_size=2, **over), data.dataset)


def test_learns_both_classes_and_gives_them_back_from_the_run_folder(colour, tmp_path):
    chosen = settings_for(
        colour,
        "unetpp",
        epochs=30,
        evaluate_every=15,
        augmentation={"flip": 0.0, "rotation_deg": 0.0},
        optimizer={"lr": 0.2, "clip_norm": 1.0, "schedule": "cosine"},
    )
    summary = run_training(chosen, colour, tmp_path / "run", device=CPU)
    assert list(summary.classes) == ["lesion", "core"]
    assert summary.mean["dice"] > 0.6
    for entry in summary.metric_per_case:
        assert entry.dice == pytest.approx(np.mean([entry.classes[name].dice for name in ("lesion", "core")]))
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["test_dice"] == pytest.approx(summary.mean["dice"])

    assert read_settings(tmp_path / "run" / "config.yaml").task.model_dump() == {
        "channels": ["R", "G", "B"],
        "classes": ["lesion", "core"],
        "values": [0, 1, 2],
    }
    predictor = load_run(tmp_path / "run")
    for case, entry in zip(colour.evaluation, summary.metric_per_case, strict=True):
        channels = [read_volume(path) for path in colour.dataset.image_paths(case)]
        probabilities = predictor.predict_volume(channels)
        assert probabilities.shape == (3, *channels[0].array.shape)
        np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-5)
        labels = predictor.label_map(probabilities)
        clean = read_volume(colour.dataset.label_path(case)).array
        for value, name in enumerate(("lesion", "core"), 1):
            both = (labels == value).sum() + (clean == value).sum()
            dice = 2 * ((labels == value) & (clean == value)).sum() / both
            assert dice == pytest.approx(entry.classes[name].dice, abs=0.02)  # its slices were kept as float16
    with pytest.raises(DataError, match="1 channels; this run was trained on 3"):
        predictor.predict_volume(channels[:1])
    with pytest.raises(DataError, match=r"not on one grid: 1x20x20, 1x40x55"):
        predictor.predict_volume([*channels[:2], Volume(np.ones((1, 20, 20)))])


@pytest.mark.parametrize(
    ("pseudo_label", "mode", "method"), [("own", "exact", "l2b"), ("views", "exact", "l2b"), ("teacher", "fast", "nl")]
)
def test_weights_of_several_classes_are_trained_with_and_shown(colour, tmp_path, pseudo_label, mode, method):
    average = 0.9 if pseudo_label == "teacher" else 0.0
    bootstrap = {"pseudo_label": pseudo_label, "mode": mode}
    chosen = settings_for(colour, method, epochs=1, bootstrap=bootstrap, average_decay=average)
    summary = run_training(chosen, colour, tmp_path / "run", device=CPU)
    assert np.isfinite(summary.last["dice"])
    pictures = np.load(tmp_path / "run" / "figures.npz", allow_pickle=False)
    assert pictures["image"].shape == pictures["given"].shape == pictures["predicted"].shape == (6, 32, 32)
    assert pictures["colour"].shape == (6, 32, 32, 3)
    np.testing.assert_allclose(pictures["colour"].mean(3), pictures["image"], atol=1e-5)
    assert list(pictures["classes"]) == ["lesion", "core"]
    assert set(np.unique(pictures["given"])) == {0, 1, 2}
    assert ("beta" in pictures) == (method == "l2b")
    assert pictures["alpha"].max() <= 1


@pytest.mark.parametrize("method", ["joint", "finetune", "mixup"])
def test_other_methods_take_several_classes(colour, tmp_path, method):
    summary = run_training(settings_for(colour, method), colour, tmp_path / "run", device=CPU)
    assert 0 <= summary.last["dice"] <= 1


def test_without_meta_cases(colour, tmp_path):
    colour.meta.clear()
    run_training(settings_for(colour, "unetpp", epochs=1), colour, tmp_path / "plain", device=CPU)
    with pytest.raises(DataError, match="no meta case, and method joint learns from clean masks"):
        run_training(settings_for(colour, "joint", epochs=1), colour, tmp_path / "joint", device=CPU)
    assert not (tmp_path / "joint").exists()


def test_view_pseudo_label_is_the_most_probable_of_the_average():
    task, views = Task(1, ("a", "b")), draw_views(np.random.default_rng(1), 2)
    logits = torch.zeros(10, 3, 64, 64)
    logits[:, 2, 24:40, 24:40] = 4  # 16 pixels in the middle, the same in every view but for its zoom
    found = view_pseudo_label(views, task)(logits)
    assert found.shape == (10, 1, 64, 64)
    assert set(found.unique().tolist()) == {0, 2}
    assert (found[:2, 0, 28:36, 28:36] == 2).all()
    assert not found[:, 0, :8].any()


def test_outside_the_crop_is_background(colour, tmp_path):
    run_training(settings_for(colour, "unetpp", epochs=1), colour, tmp_path / "run", device=CPU)
    predictor = replace(load_run(tmp_path / "run"), options=SliceOptions(size=32, crop=0.5))
    probabilities = predictor.predict_volume([read_volume(path) for path in colour.dataset.image_paths("p8")])
    np.testing.assert_array_equal(probabilities[0, :, :8], 1)
    np.testing.assert_array_equal(probabilities[1:, :, :8], 0)
    np.testing.assert_allclose(probabilities.sum(0), 1, atol=1e-5)


def test_a_run_before_tasks_were_recorded_has_one_class_and_one_channel(tmp_path):
    content = make_settings("unetpp").model_dump()
    del content["task"]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(content))
    assert read_settings(tmp_path / "config.yaml").task.classes == ["prostate"]
