"""The averaged network, and checkpoints: whole or the old one, damaged ones named, nothing executed."""

import errno
import os
import pickle

import pytest
import torch

from l2b_data.errors import DataError, L2BError
from l2b_run.settings.shared import OptimizerSettings
from l2b_run.training.epoch_row import EpochRow
from l2b_run.training.state import TrainState, average_of, load_checkpoint, optimizer_of, save_checkpoint

CPU = torch.device("cpu")


class Notes:
    """A method's memory."""

    def __init__(self, values):
        self.values = values

    def state_dict(self):
        return self.values

    def load_state_dict(self, state):
        self.values = state


def test_the_random_states_of_all_devices_are_in_the_checkpoint(monkeypatch):
    set_back = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [torch.ones(2), torch.zeros(2)])
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", set_back.append)
    state, saved = new_state(), new_state().state_dict()
    state.load_state_dict(saved)
    assert [each.tolist() for each in set_back[0]] == [[1, 1], [0, 0]]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    state.load_state_dict(saved)
    assert len(set_back) == 1  # another number of devices keeps its own


def new_state(*, seed=0, decay=0.0, width=4):
    """A fresh convolution with batch norm, averaged where `decay` is not 0."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, width, 3), torch.nn.BatchNorm2d(width), torch.nn.Conv2d(width, 2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return TrainState(model, optimizer, average_of(model) if decay else None)


def moved_state(seed=0, decay=0.9):
    state = new_state(seed=seed, decay=decay)
    for _ in range(2):
        state.optimizer.zero_grad()
        state.model(torch.rand(2, 1, 32, 32)).square().mean().backward()
        state.optimizer.step()
        state.average(decay)
    return state


def test_averaging_is_its_formula():
    state = new_state(decay=0.5)
    name = "0.weight"
    expected = state.averaged.state_dict()[name].clone()
    for update in range(1, 15):
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter.add_(1.0)
        state.average(0.5)
        decay = min(0.5, update / (update + 9))
        expected = decay * expected + (1 - decay) * state.model.state_dict()[name]
        torch.testing.assert_close(state.averaged.state_dict()[name], expected)
    assert state.evaluated is state.averaged
    assert not any(parameter.requires_grad for parameter in state.averaged.parameters())


def test_averaging_takes_running_statistics_along():
    state = new_state(decay=0.99)
    with torch.no_grad():
        state.model(torch.rand(4, 1, 32, 32) + 3)
    before = {k: v.clone() for k, v in state.averaged.state_dict().items() if "running" in k or "tracked" in k}
    state.average(0.99)
    after = state.averaged.state_dict()
    assert any("num_batches_tracked" in key for key in before)
    assert all(not after[key].equal(value) for key, value in before.items())


def test_without_an_average_the_model_predicts():
    state = new_state()
    state.average(0.0)
    assert state.averaged is None
    assert state.evaluated is state.model
    assert state.updates == 1


def test_checkpoint_holds_everything(tmp_path):
    state = moved_state()
    state.epoch, state.best = 3, 0.25
    state.history = [EpochRow(1, 4, 0.1, 0.5, 1.0, 2.0, ("slices", 3), test={"dice": 0.2})]
    state.memory = Notes({"past": [torch.ones(3)]})
    state.judge.average = {"a": torch.ones(2)}
    save_checkpoint(state, tmp_path / "c.pt")
    expected_draw = torch.rand(3)
    other = moved_state(seed=5)
    other.memory = Notes({})
    load_checkpoint(other, tmp_path / "c.pt", CPU)
    assert torch.rand(3).equal(expected_draw)
    for mine, theirs in ((state.model, other.model), (state.averaged, other.averaged)):
        for name, value in mine.state_dict().items():
            assert theirs.state_dict()[name].equal(value), name
    buffers = [[v["momentum_buffer"] for v in s.optimizer.state_dict()["state"].values()] for s in (state, other)]
    assert len(buffers[0]) > 0
    assert all(a.equal(b) for a, b in zip(*buffers, strict=True))
    assert (other.epoch, other.updates, other.best, other.history) == (3, 2, 0.25, state.history)
    assert other.judge.average["a"].equal(torch.ones(2))
    assert other.memory.values["past"][0].equal(torch.ones(3))


class Evil:
    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("damage", ["cut", "text", "pickle", "absent", "other network"])
def test_damaged_checkpoint_is_named_and_nothing_runs(tmp_path, damage):
    path, state = tmp_path / "c.pt", moved_state()
    save_checkpoint(state, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:2000])
    elif damage == "text":
        path.write_text("no checkpoint")
    elif damage == "pickle":
        evil = Evil()
        evil.path = tmp_path / "run by the pickle"
        path.write_bytes(pickle.dumps({"model": evil}))
    elif damage == "absent":
        path.unlink()
    else:
        other = new_state(decay=0.9, width=3)
        save_checkpoint(other, path)
    with pytest.raises(DataError, match=r"c\.pt") as caught:
        load_checkpoint(state, path, CPU)
    assert "weights_only" not in str(caught.value), "no advice to read it unprotected"
    assert not (tmp_path / "run by the pickle").exists()


def test_no_space_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    state, path = moved_state(), tmp_path / "c.pt"
    save_checkpoint(state, path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(L2BError, match="no space left"):
        save_checkpoint(moved_state(seed=9), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["c.pt"]


def test_the_settings_name_the_optimizer():
    model = torch.nn.Linear(2, 1)
    assert type(optimizer_of(model, OptimizerSettings(lr=0.1))) is torch.optim.SGD
    adamw = optimizer_of(model, OptimizerSettings(name="adamw", lr=0.001, momentum=0.8, weight_decay=0.01))
    assert type(adamw) is torch.optim.AdamW
    (group,) = adamw.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.001, (0.8, 0.999), 0.01)
