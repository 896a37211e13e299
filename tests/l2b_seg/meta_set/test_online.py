"""Training without clean cases: who is chosen to judge, and that the meta cases stay unseen."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from l2b_data.cases.slices import SliceSet
from l2b_data.errors import ConfigError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.meta_set.online import choose_slices, likely_clean
from l2b_seg.recipe import load_settings
from l2b_seg.run import run_training
from tests.l2b_seg.tiny import CPU, META, NOISY, make_data, make_settings
from tests.training import assert_same, contents

SIDE = 16


def square(left, size=8):
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[4 : 4 + size, left : left + size] = 1
    return mask


def slices(masks):
    given = torch.from_numpy(np.stack(masks))[:, None]
    return SliceSet(torch.zeros_like(given), given, tuple(("case", index) for index in range(len(masks))))


def chosen(masks, probability, **options):
    found = choose_slices(slices(masks), np.asarray(probability), **({"threshold": 0.5, "at_least": 1} | options))
    return [index for _, index in found.where]


def test_masks_the_network_agrees_with_are_chosen_in_both_groups():
    empty = np.zeros((SIDE, SIDE), np.float32)
    masks = [square(2)] * 4 + [square(8)] * 4 + [empty] * 8  # four shifted away from what the network sees
    seen = [0.1 + 0.8 * square(2)] * 8 + [0.1 + 0 * empty] * 4 + [0.1 + 0.8 * square(2)] * 4  # four erased glands
    assert chosen(masks, [seen]) == [0, 1, 2, 3, 8, 9, 10, 11]


def test_several_classes_count_the_given_one():
    masks = [square(2)] * 4 + [2 * square(2)] * 4
    first = square(2)
    seen = np.stack([1 - 0.9 * first, 0.8 * first, 0.1 * first])
    assert chosen(masks, np.repeat(seen[:, None], 8, 1)) == [0, 1, 2, 3]


@pytest.mark.parametrize("outputs", [1, 3])
def test_no_slice_and_equal_slices(outputs):
    assert chosen([square(2)] * 5, np.full((outputs, 5, SIDE, SIDE), 1 / max(2, outputs))) == [0, 1, 2, 3, 4]
    assert len(likely_clean(np.zeros(0), threshold=0.5, at_least=3)) == 0


def test_at_least_the_lowest_losses():
    losses = np.array([0.0, 0.9, 0.95, 1.0, 0.85, 0.97])
    assert likely_clean(losses, threshold=0.5, at_least=1).tolist() == [0]
    assert likely_clean(losses, threshold=0.5, at_least=3).tolist() == [0, 1, 4]


@pytest.mark.parametrize(
    ("method", "meta"),
    [("l2b", {"source": "online"}), ("nl", {"source": "online"}), ("l2b", {"source": "given", "loss": "mae"})],
)
def test_without_clean_cases_the_meta_cases_are_not_read(tmp_path, monkeypatch, method, meta):
    """The same training, to the bit, where the meta cases' masks are noise, or there are no meta cases at all."""
    settings = make_settings(method, epochs=3, warm_up=0.34, meta=meta)
    found = {}
    for how in ("whole", "garbage", "without"):
        monkeypatch.setenv("L2B_CACHE", str(tmp_path / f"cache {how}"))
        data = make_data(tmp_path / f"data {how}")
        for case in META if how == "garbage" else []:
            volume = read_volume(data.dataset.label_path(case))
            noise = np.random.default_rng(3).random(volume.array.shape) > 0.5
            write_volume(volume.with_array(noise.astype(np.uint8)), data.dataset.label_path(case))
        if how == "without":
            data.meta.clear()
        summary = run_training(settings, data, tmp_path / how, device=CPU)
        found[how] = contents(tmp_path / how / "checkpoint_latest.pt")
        assert 0 <= summary.last["dice"] <= 1
    assert_same(found["whole"], found["garbage"])
    assert_same(found["whole"], found["without"])


def test_a_resumed_run_chooses_the_same(tmp_path):
    data = make_data(tmp_path / "data")
    settings = make_settings("l2b", epochs=3, warm_up=0.34, meta={"source": "online"})
    run_training(settings, data, tmp_path / "whole", device=CPU)
    stop = RuntimeError("stopped")

    def progress(row):
        if row["epoch"] == 2 and "seconds" in row:
            raise stop

    with pytest.raises(RuntimeError, match="stopped"):
        run_training(settings, data, tmp_path / "parts", device=CPU, progress=progress)
    run_training(settings, data, tmp_path / "parts", device=CPU, resume=True)
    assert_same(*(contents(tmp_path / name / "checkpoint_latest.pt") for name in ("whole", "parts")))


def test_the_command_uses_no_clean_case_and_can_go_on(tmp_path, monkeypatch):
    from pipelines.plan.request import TrainRequest, plan, train
    from pipelines.plan.segmentation import SEGMENTATION

    monkeypatch.setenv("L2B_CACHE", str(tmp_path / "cache"))
    data = make_data(tmp_path / "data")
    small = ["epochs=2", "slices.size=32", "network.widths=[4,4,4,4,4]", "batch_size=4", "meta_batch_size=2"]
    request = TrainRequest(
        "promise12",
        data.dataset.root,
        labels=NOISY,
        preset="cpu",
        overrides=["meta.source=online", *small],
        out=tmp_path / "run",
        device="cpu",
    )
    planned = plan(request, SEGMENTATION)
    assert planned.data.meta == []
    train(planned)
    resumed = plan(replace(request, resume=tmp_path / "run", out=None), SEGMENTATION)
    assert resumed.settings == planned.settings
    assert resumed.data.record() == planned.data.record()


def test_what_needs_clean_cases_is_refused():
    def faults(method, *overrides):
        with pytest.raises(ConfigError) as error:
            load_settings("promise12", preset="cpu", method=method, overrides=["meta.source=online", *overrides])
        return str(error.value)

    assert "method joint learns from clean labels" in faults("joint")
    assert "set warm_up above 0" in faults("l2b", "warm_up=0.0")
