"""The network that a run writes is read back."""

import torch
from safetensors.torch import load_file

from l2b_run.folder.write_run import write_weights


def test_weights_are_read_back_whatever_their_layout(tmp_path):
    network = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    write_weights(tmp_path / "model.safetensors", network)
    found = load_file(tmp_path / "model.safetensors")
    assert found.keys() == network.state_dict().keys()
    assert all(found[name].equal(value) for name, value in network.state_dict().items())
