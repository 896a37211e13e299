"""What every run writes is read back."""

import pytest
import torch
from safetensors.torch import load_file

from l2b_run.folder.read_run import read_epochs
from l2b_run.folder.write_run import row_text, write_epochs, write_weights


def test_epochs_are_read_back_and_hold_no_nan(tmp_path):
    rows, faults = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25, "auc": {"loss": None}}], []
    write_epochs(tmp_path / "metrics.jsonl", rows)
    assert read_epochs(tmp_path / "metrics.jsonl", faults) == rows
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_epochs(tmp_path / "metrics.jsonl", [{"epoch": 1, "loss": float("nan")}])
    assert (read_epochs(tmp_path / "metrics.jsonl", faults), faults) == (rows, [])


def test_weights_are_read_back_whatever_their_layout(tmp_path):
    network = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    write_weights(tmp_path / "model.safetensors", network)
    found = load_file(tmp_path / "model.safetensors")
    assert found.keys() == network.state_dict().keys()
    assert all(found[name].equal(value) for name, value in network.state_dict().items())


def test_a_row_for_the_log():
    row = {"epoch": 3, "loss": 0.512345, "auc": {"loss": 0.98765, "alpha": None}}
    assert row_text(row) == "epoch 3, loss 0.5123, auc (loss 0.9877, alpha None)"
