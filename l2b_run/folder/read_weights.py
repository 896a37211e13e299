"""The tensors of a weights file that a setting names."""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from l2b_data.errors import ConfigError


def read_weights(path: Path, setting: str) -> dict[str, Tensor]:
    """The state dict of a .safetensors or .pth file, on the CPU; nothing in the file is executed.

    Raises ConfigError, naming `setting`, where there is no such file, it cannot be read, or it holds something else
    than named tensors.
    """
    if not path.is_file():
        raise ConfigError(f"{setting} {path} does not exist; name a .safetensors or .pth state dict")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:  # torch's own words advise to read it without this protection
        raise ConfigError(
            f"{setting} {path} is damaged or holds more than named tensors, which is not read; save model.state_dict()"
        ) from error
    except Exception as error:
        raise ConfigError(f"{setting} {path} cannot be read as tensors: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ConfigError(f"{setting} {path} is not a state dict of named tensors; save model.state_dict()")
    return state
