"""Training weights: each at the pixel whose label it weighed, exact over a stop, and no trace in the training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from l2b_data.errors import DataError
from l2b_run.training.checkpoint_names import LATEST
from l2b_run.training.method import Training
from l2b_seg.run import run_training
from l2b_seg.run_data import RunData
from l2b_seg.training_weights.file import TRAINING_WEIGHTS, read_training_weights
from l2b_seg.training_weights.record import WeightRecord
from tests.l2b_seg.tiny import CPU, TEST, TRAIN, make_batches, make_settings, make_training
from tests.training import Stop, assert_same, contents

STILL = {"flip": 0.0, "rotation_deg": 0.0}


def kept_of(run: Path) -> dict[str, np.ndarray]:
    with np.load(run / TRAINING_WEIGHTS, allow_pickle=False) as archive:
        return dict(archive)


def assert_equal(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> None:
    assert one.keys() == two.keys()
    for case, weights in one.items():
        np.testing.assert_array_equal(weights, two[case])


@pytest.mark.parametrize("views", [False, True])
def test_every_pixel_of_a_batch_has_the_given_label_of_its_origin(data: RunData, views: bool) -> None:
    """The masks of the batch, made again from the slices' own pixels by number."""
    batches = make_batches(data, make_settings(augmentation={"scale": 0.3, "rotation_deg": 40}))
    assert batches.train.mask.any()
    for step in range(batches.steps):
        mask = batches.given_views(1, step)[0].target if views else batches.given(1, step).target
        origins = batches.origins(1, step, views=views)
        assert origins.pixel.shape == mask[:, 0].shape
        assert (origins.pixel == 0).any()
        for row, pixel in enumerate(origins.pixel):
            own = batches.train.mask[origins.position[row % len(origins.position)]].flatten()
            np.testing.assert_array_equal(torch.cat([torch.zeros(1), own])[pixel], mask[row, 0])


def test_origins_of_slices_at_a_position(data: RunData) -> None:
    """The plug-in's batches: augmented by a stream of their own."""
    batches, position = make_batches(data, make_settings()), np.array([7, 2, 7])
    mask = batches.train.mask[torch.from_numpy(position)]
    _, moved = batches.augmented(position, mask, 2, 1)
    pixel = batches.origins(2, 1, position=position).pixel
    again = torch.stack([torch.cat([torch.zeros(1), own.flatten()])[at] for own, at in zip(mask, pixel, strict=True)])
    np.testing.assert_array_equal(again, moved[:, 0])


def test_means_in_multiples_of_a_plain_weight(tmp_path: Path, data: RunData) -> None:
    """Batches that stay as they are: slice n gets weight n in the first epoch, twice that in the second."""
    run = make_training(data, make_settings(augmentation=STILL))
    batches = run.batches
    record = WeightRecord(tmp_path, batches.train)
    plain = 1 / (4 * 32 * 32)
    for epoch, factor in enumerate((1, 2)):
        for step in range(batches.steps):
            at = batches.origins(epoch, step).position
            alpha = torch.from_numpy(at).float()[:, None, None].expand(4, 32, 32) * factor
            record(run, torch.stack([alpha, alpha / 4]) * plain, epoch, step)
        record.flush()
    record.finish(2)
    weighed = {int(n) for epoch in (0, 1) for step in range(4) for n in batches.origins(epoch, step).position}
    assert len(weighed) > 16
    for number, (case, index) in enumerate(batches.train.where):
        found = read_training_weights(tmp_path, case)
        assert found is not None
        assert found.shape == (2, 6, 32, 32)
        often = [sum(number in batches.origins(epoch, step).position for step in range(4)) for epoch in (0, 1)]
        mean = number * (often[0] + 2 * often[1]) / max(1, sum(often))
        np.testing.assert_allclose(found[0, index], mean, rtol=1e-3)
        np.testing.assert_allclose(found[1, index], mean / 4, rtol=1e-3)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("training")] == [TRAINING_WEIGHTS]


def test_high_weights_are_cut_off_not_infinite(tmp_path: Path, data: RunData) -> None:
    run = make_training(data, make_settings(augmentation=STILL))
    record = WeightRecord(tmp_path, run.batches.train)
    record(run, torch.full((1, 4, 32, 32), 1e4), 0, 0)
    record.finish(1)
    assert max(weights.max() for weights in kept_of(tmp_path).values()) == np.finfo(np.float16).max


@pytest.mark.parametrize(
    ("method", "labels"), [("l2b", 2), ("nl", 1), ("l2b-dividemix", 2), ("unetpp", 0), ("dividemix", 0)]
)
def test_a_run_keeps_them_and_trains_as_without(
    tmp_path: Path, data: RunData, monkeypatch: pytest.MonkeyPatch, method: str, labels: int
) -> None:
    settings = make_settings(method, warm_up=0.5, bootstrap={"pseudo_label": "views" if method == "l2b" else "own"})
    run_training(settings, data, tmp_path / "run", device=CPU)
    assert (tmp_path / "run" / TRAINING_WEIGHTS).is_file() == bool(labels)
    for case in TRAIN if labels else ():
        found = read_training_weights(tmp_path / "run", case)
        assert found is not None
        assert found.shape == (labels, 6, 32, 32)
        assert found.max() > 0
        assert np.isfinite(found).all()
    if labels:
        assert read_training_weights(tmp_path / "run", TEST[0]) is None
    assert not list((tmp_path / "run").glob("training_weights_*"))
    monkeypatch.setattr("l2b_seg.run.WeightRecord.__call__", lambda self, *args, **more: None)
    run_training(settings, data, tmp_path / "without", device=CPU)
    assert_same(contents(tmp_path / "run" / LATEST), contents(tmp_path / "without" / LATEST))


def test_means_of_a_run_are_the_weights_of_its_steps(
    tmp_path: Path, data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a batch of plain weights alpha + beta is 1 in the mean; here over all pixels of each slice and epoch."""
    given = list[float]()
    add = WeightRecord.__call__

    def noted(self: WeightRecord, run: Training, weights: torch.Tensor, *args: Any, **more: Any) -> None:
        given.append(float(weights.sum()))
        add(self, run, weights, *args, **more)

    monkeypatch.setattr(WeightRecord, "__call__", noted)
    run_training(make_settings(augmentation=STILL, warm_up=0.5), data, tmp_path / "run", device=CPU)
    assert len(given) == 4, "the second epoch alone, of four steps"
    total = sum(float(weights.astype(np.float32).sum()) for weights in kept_of(tmp_path / "run").values())
    assert total == pytest.approx(sum(given) * 4 * 32 * 32, rel=1e-2)


@pytest.mark.parametrize(
    ("method", "calls", "done"),
    [("__call__", 10, True), ("flush", 2, True), ("finish", 1, False), ("finish", 1, True)],
    ids=["in an epoch", "before the checkpoint", "before the file", "after the file"],
)
def test_a_resumed_run_ends_with_the_same_file(
    tmp_path: Path, data: RunData, monkeypatch: pytest.MonkeyPatch, method: str, calls: int, done: bool
) -> None:
    """Stopped at the given call of a method of the record, before or after what it does."""
    settings = make_settings(epochs=3)
    run_training(settings, data, tmp_path / "whole", device=CPU)
    original, left = getattr(WeightRecord, method), [calls]

    def stopping(*args: Any, **more: Any) -> None:
        left[0] -= 1
        if left[0] > 0 or done:
            original(*args, **more)
        if left[0] == 0:
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(WeightRecord, method, stopping)
        with pytest.raises(Stop):
            run_training(settings, data, tmp_path / "cut", device=CPU)
    run_training(settings, data, tmp_path / "cut", device=CPU, resume=True)
    assert_equal(kept_of(tmp_path / "whole"), kept_of(tmp_path / "cut"))
    assert_same(contents(tmp_path / "whole" / LATEST), contents(tmp_path / "cut" / LATEST))


def test_a_finished_run_that_is_resumed_keeps_its_file(tmp_path: Path, data: RunData) -> None:
    settings = make_settings()
    run_training(settings, data, tmp_path / "run", device=CPU)
    before = kept_of(tmp_path / "run")
    run_training(settings, data, tmp_path / "run", device=CPU, resume=True)
    assert_equal(before, kept_of(tmp_path / "run"))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    assert read_training_weights(tmp_path, "a") is None
    (tmp_path / TRAINING_WEIGHTS).write_bytes(b"PK no archive")
    with pytest.raises(DataError, match=r"training_weights\.npz cannot be read"):
        read_training_weights(tmp_path, "a")
    np.savez(tmp_path / TRAINING_WEIGHTS, a=np.zeros((2, 3), np.float16))
    with pytest.raises(DataError, match=r"a has shape \(2, 3\)"):
        read_training_weights(tmp_path, "a")
