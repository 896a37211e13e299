"""The network of a run folder."""

from pathlib import Path

from safetensors.torch import save
from torch import nn

from l2b_data.files.atomic import atomic_file


def write_weights(path: Path, network: nn.Module) -> None:
    """model.safetensors: the state dict of `network`; nothing in the file can run."""
    content = save({name: value.contiguous() for name, value in network.state_dict().items()})
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)
