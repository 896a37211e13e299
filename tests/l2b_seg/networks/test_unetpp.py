"""Encoder weights from a file."""

import pytest
import torch

from l2b_data.errors import ConfigError
from l2b_seg.networks.unetpp import build_network


def smp(weights=None, seed=0, channels=1):
    torch.manual_seed(seed)
    return build_network("smp", encoder="resnet18", encoder_depth=3, encoder_weights=weights, in_channels=channels)


def test_weights_of_the_encoder_are_those_of_the_file(tmp_path):
    source = smp(seed=5).encoder.state_dict()
    torch.save(
        source | {"fc.weight": torch.zeros(1), "fc.bias": torch.zeros(1)}, tmp_path / "w.pth"
    )  # as torchvision's
    loaded = smp(tmp_path / "w.pth").encoder.state_dict()
    assert all(torch.equal(value, source[name]) for name, value in loaded.items())


def test_refused_weights_name_the_setting(tmp_path):
    torch.save(smp(channels=3).encoder.state_dict(), tmp_path / "three.pth")
    (tmp_path / "damaged.pth").write_bytes(b"\x80\x02c")
    for name, words in {
        "gone.pth": "does not exist",
        "three.pth": "does not fit the encoder",
        "damaged.pth": "damaged or holds more than named tensors|cannot be read as tensors",
    }.items():
        with pytest.raises(ConfigError, match=rf"^network\.encoder_weights .*{name} .*({words})") as caught:
            smp(tmp_path / name)
        assert "weights_only" not in str(caught.value)
