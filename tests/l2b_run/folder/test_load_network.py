"""The network of a run folder: in eval mode, and what keeps it from being loaded."""

import pytest
import torch

from l2b_data.errors import DataError
from l2b_run.folder.load_network import load_network, require_finished
from l2b_run.folder.write_run import write_weights


def load(run, *, features=3):
    return load_network(run, lambda path: path.read_text(), lambda text, pretrained: net(features), "cpu")


def net(features):
    return torch.nn.Sequential(torch.nn.Linear(features, 2), torch.nn.BatchNorm1d(2))


def test_weights_and_settings_of_a_finished_run(tmp_path):
    written = net(3)
    write_weights(tmp_path / "model.safetensors", written)
    with pytest.raises(DataError, match=r"is not a finished run: config\.yaml missing; give the folder `train` wrote"):
        load(tmp_path)
    (tmp_path / "config.yaml").write_text("chosen")
    found, settings = load(tmp_path)
    assert (settings, found.training) == ("chosen", False)
    assert all(found.state_dict()[name].equal(value) for name, value in written.state_dict().items())
    with pytest.raises(DataError, match=r"model\.safetensors cannot be loaded into the network of .*config\.yaml"):
        load(tmp_path, features=4)


def test_all_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"config\.yaml, model\.safetensors missing"):
        require_finished(tmp_path)
