"""Two timed steps on the tiny sets of both tasks: a run's length follows from its epochs."""

import json

import pytest

from pipelines.plan.request import TrainRequest
from pipelines.reproduce.cells import time_steps as module
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.cells.time_steps import request_json, time_steps
from tests.l2b_cls.synthetic import TRAIN, encoder, image_set
from tests.l2b_seg.tiny import NOISY, make_dataset

CLS_RECIPE = """
name: squares
kind: classification
noise: symmetric:0.3
base:
  data: {meta_size: 24}
  network: {widths: [4, 6, 8]}
  augmentation: {crop_padding: 1, flip: 0.0}
  batch_size: 16
  meta_batch_size: 12
presets:
  cpu: {epochs: 16, warm_up: 0.25}
"""
SEG_RECIPE = """
name: tiny
presets:
  cpu:
    slices: {size: 32}
    network: {widths: [4, 4, 4, 4, 4]}
    bootstrap: {pseudo_label: own}
    epochs: 4
    warm_up: 0.5
    batch_size: 4
"""


def cls_request(tmp_path, method, *overrides):
    (tmp_path / "squares.yaml").write_text(CLS_RECIPE)
    return TrainRequest(
        str(tmp_path / "squares.yaml"),
        image_set().root,
        method,
        preset="cpu",
        device="cpu",
        out=tmp_path / "run",
        overrides=list(overrides),
    )


@pytest.mark.parametrize("method", table_task("classification").methods)
def test_every_method_of_classification_can_be_timed(tmp_path, method):
    weights = [f"network.weights={encoder()}"] if "c2d" in method else []
    found = time_steps(cls_request(tmp_path, method, *weights), table_task("classification"))
    assert 0 < found.step_seconds < found.epoch_seconds < found.run_seconds
    assert found.epochs == 16
    assert found.memory_mb > 50
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("method", table_task("segmentation").methods)
def test_every_method_of_segmentation_can_be_timed(tmp_path, method):
    (tmp_path / "tiny.yaml").write_text(SEG_RECIPE)
    data = make_dataset(tmp_path / "data").root
    request = TrainRequest(
        str(tmp_path / "tiny.yaml"), data, method, labels=NOISY, preset="cpu", device="cpu", out=tmp_path / "run"
    )
    found = time_steps(request, table_task("segmentation"))
    assert 0 < found.step_seconds < found.epoch_seconds < found.run_seconds
    assert not (tmp_path / "run").exists()


def test_warm_up_and_what_follows_are_weighed_by_their_epochs(tmp_path, monkeypatch):
    """A timed call takes a second in the first epoch, which stands for a quarter of all, and three in the last one."""
    epoch_seconds, of_epoch = module._epoch_seconds, {}

    def noted(probe, epoch):
        of_epoch["now"] = epoch
        return epoch_seconds(probe, epoch)

    def timed(call, device):
        call()
        return 1.0 if of_epoch["now"] == 0 else 3.0

    monkeypatch.setattr(module, "_epoch_seconds", noted)
    monkeypatch.setattr(module, "timed", timed)
    monkeypatch.setattr("pipelines.reproduce.cells.classification.timed", lambda call, device: 0.0)
    found = time_steps(cls_request(tmp_path, "l2b", "data.train_samples=32"), table_task("classification"))
    assert found.step_seconds == pytest.approx(0.25 * 1 + 0.75 * 3)
    before = 0.25 * 1 + 0.75 * 3  # what l2b does before an epoch is timed like a step
    assert found.epoch_seconds == pytest.approx(2 * found.step_seconds + before)
    assert found.run_seconds == pytest.approx(16 * found.epoch_seconds, abs=60)


def test_what_comes_before_an_epoch_is_timed_on_a_part_of_the_data(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.reproduce.cells.classification._PROBED", 8)
    task = table_task("classification")
    planned = module.plan(cls_request(tmp_path, "ce", "batch_size=3"), task.planner)
    probe = task.probe(planned)
    assert (probe.run.batches.n_train, probe.steps, probe.whole) == (24, TRAIN // 3, TRAIN / 24)


def test_a_method_that_makes_its_own_epochs_is_timed_by_a_whole_one_on_a_part(tmp_path, monkeypatch):
    """Of 96 samples, 24 are passed through: every timed call takes a second, and a step its part of it."""
    monkeypatch.setattr("pipelines.reproduce.cells.classification._WHOLE_EPOCH", 24)
    monkeypatch.setattr("pipelines.reproduce.cells.classification.timed", lambda call, device: 0.0)
    monkeypatch.setattr(module, "timed", lambda call, device: [1.0, call()][0])
    found = time_steps(cls_request(tmp_path, "dividemix", "warm_up=0.9"), table_task("classification"))
    assert found.epoch_seconds == pytest.approx(TRAIN / 24)
    in_warm_up, after = 2, 2  # one batch a network: of 16 in the warm-up, of at most 64 labelled ones later
    assert found.step_seconds == pytest.approx(0.875 / in_warm_up + 0.125 / after)


def test_a_request_passes_as_json(tmp_path):
    request = cls_request(tmp_path, "ce", "epochs=2")
    values = json.loads(request_json(request))
    assert values["out"] == str(tmp_path / "run")
    assert values["overrides"] == ["epochs=2"]
    assert values["resume"] is None
