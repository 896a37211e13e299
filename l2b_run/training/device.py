"""From `--device auto|cpu|cuda[:N]` to a torch device that exists."""

import re

import torch

from l2b_data.errors import ConfigError


def choose_device(name: str) -> torch.device:
    """auto: the first CUDA device if there is one, else the CPU.

    Raises:
        ConfigError: another name, or a CUDA device that this machine (or this build of torch) does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise ConfigError(f"--device {name!r}: choose auto, cpu, cuda or cuda:N")
    device = torch.device(name)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ConfigError(f"--device {name}: torch sees {count} CUDA devices; choose another, or cpu")
    return device
