"""Weights files: read as tensors, never run."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from l2b_data.errors import ConfigError
from l2b_run.folder.read_weights import read_weights


class Bomb:
    def __reduce__(self):
        return (open, ("exploded", "w"))


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_both_endings(tmp_path, name):
    state = {"layer.weight": torch.arange(6.0).view(2, 3)}
    (save_file if name.endswith("s") else torch.save)(state, tmp_path / name)
    found = read_weights(tmp_path / name, "network.weights")
    assert found.keys() == state.keys()
    assert torch.equal(found["layer.weight"], state["layer.weight"])


def test_refusals_name_the_setting_and_run_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save([1, 2], tmp_path / "list.pth")
    (tmp_path / "bomb.pth").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "short.safetensors").write_bytes(b"12")
    for name, words in {
        "gone.pth": "does not exist",
        "list.pth": "not a state dict",
        "bomb.pth": "damaged or holds more than named tensors",
        "short.safetensors": "cannot be read as tensors",
    }.items():
        with pytest.raises(ConfigError, match=rf"^some\.setting .*{name} .*{words}"):
            read_weights(tmp_path / name, "some.setting")
    assert not (tmp_path / "exploded").exists()
