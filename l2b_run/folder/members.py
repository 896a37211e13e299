"""The runs of an ensemble: each once, and alike where their predictions are averaged."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from l2b_data.errors import ConfigError

Network = TypeVar("Network")


def load_members(
    runs: Sequence[Path], load: Callable[[Path], Network], alike: Callable[[Network], dict[str, Any]]
) -> tuple[Network, ...]:
    """The networks of run folders, opened by `load`; alike: of one, by name, what all of them must share.

    Raises ConfigError, naming the runs, where one is named twice or they differ; else as `load`.
    """
    if len({run.resolve() for run in runs}) < len(runs):
        raise ConfigError(f"{', '.join(map(str, runs))}: a run is named twice; name each member of an ensemble once")
    members = tuple(load(run) for run in runs)
    first = alike(members[0])
    faults = [
        f"{name}: {_shown(first[name])} in {runs[0]}, {_shown(value)} in {run}"
        for run, member in zip(runs[1:], members[1:], strict=True)
        for name, value in alike(member).items()
        if value != first[name]
    ]
    if faults:
        raise ConfigError("these runs cannot be averaged; predict with each alone:\n  " + "\n  ".join(faults))
    return members


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
