"""Weights into a network, all but its last layer."""

from torch import Tensor, nn

from l2b_data.errors import ConfigError


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
