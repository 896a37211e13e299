"""Weights from a file into a network, all but its last layer."""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from l2b_data.errors import ConfigError


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict of a .safetensors or .pth file, on the CPU; nothing in the file is executed.

    Raises ConfigError where there is no such file, it cannot be read, or it holds something else than named tensors.
    """
    if not path.is_file():
        raise ConfigError(f"network.weights {path} does not exist; name a .safetensors or .pth state dict")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:  # torch's own words advise to read it without this protection
        raise ConfigError(
            f"network.weights {path} is damaged or holds more than named tensors, which is not read; save "
            "model.state_dict()"
        ) from error
    except Exception as error:
        raise ConfigError(f"network.weights {path} cannot be read as tensors: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ConfigError(f"network.weights {path} is not a state dict of named tensors; save model.state_dict()")
    return state


def load_backbone(network: nn.Module, state: dict[str, Tensor], source: str, *, head: str, stem: str) -> None:
    """Copy `state` into `network` except the layer called `head`, which keeps its own weights.

    stem: name of the first convolution. Where it takes one channel and the weights are of three, these are summed: what
    a grey image repeated over three channels gives. `state` names every other tensor of the network in its shape.
    Raises ConfigError, naming `source` and all that is wrong, otherwise.
    """
    own = {name: value for name, value in network.state_dict().items() if not name.startswith(head + ".")}
    state = {name: value for name, value in state.items() if not name.startswith(head + ".")}
    first = f"{stem}.weight"
    if first in own and first in state and state[first].ndim == 4 and own[first].shape[1] == 1:
        state[first] = state[first].sum(dim=1, keepdim=True)
    # counters of batch norm: absent in files older than them, and of no effect at a fixed momentum
    absent = [name for name in own if name not in state and not name.endswith("num_batches_tracked")]
    faults = [f"no {name}" for name in absent]
    faults += [f"{name} is of another network" for name in state if name not in own]
    faults += [
        f"{name} is {tuple(state[name].shape)}, here {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise ConfigError(f"network.weights {source} does not fit the network: {'; '.join(faults[:5])}{more}")
    network.load_state_dict(state, strict=False)
