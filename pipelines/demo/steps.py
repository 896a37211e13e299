"""What both demos do: refuse a folder in use, and train one method after the other on the same data."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError
from pipelines.plan.request import Plan, TrainRequest


def require_empty(out: Path) -> None:
    """Raises ConfigError where `out` already holds something: a demo never overwrites."""
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"--out {out} is not empty; name a new folder")


def train_methods(
    methods: Sequence[str],
    request: TrainRequest,
    out: Path,
    *,
    plan: Callable[[Any], Plan[Any, Any]],
    train: Callable[..., dict[str, Any]],
    progress_of: Callable[[str, int], Any],
) -> list[dict[str, Any]]:
    """Train each method as `request` says otherwise, into out/METHOD; a summary a method.

    plan, train: those of the task `request` is of. `progress_of(method, epochs)` gives a context manager that yields a
    progress function.
    """
    summaries = []
    for method in methods:
        planned = plan(replace(request, method=method, out=out / method))
        with progress_of(method, planned.settings.epochs) as progress:
            summaries.append(train(planned, progress=progress))
    return summaries
