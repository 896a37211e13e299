"""The files of a run folder that every kind of run writes, each whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from l2b_data.files.atomic import atomic_file, write_text


def write_epochs(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """metrics.jsonl: an object an epoch, a line each (read by `read_epochs`)."""
    write_text(path, "".join(json.dumps(row, allow_nan=False) + "\n" for row in history))


def write_weights(path: Path, network: nn.Module) -> None:
    """model.safetensors: the state dict of `network`; nothing in the file can run."""
    content = save({name: value.contiguous() for name, value in network.state_dict().items()})
    with atomic_file(path) as temporary:
        temporary.write_bytes(content)


def row_text(row: Mapping[str, Any]) -> str:
    """A row for the log: "epoch 3, loss 0.5123, ..."; numbers with four digits, what is nested in brackets."""
    return ", ".join(f"{key} {_shown(value)}" for key, value in row.items())


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"({row_text(value)})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
