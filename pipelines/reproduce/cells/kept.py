"""What a run folder holds already: nothing, some epochs, or a finished run."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError
from l2b_run.training.checkpoint_names import LATEST
from l2b_run.training.epoch_row import METRICS
from pipelines.plan.request import Planner
from pipelines.reproduce.cells.choose_runs import CellRun


def is_finished(run: Path) -> bool:
    """Whether the run in this folder came to its end."""
    return (run / "summary.json").is_file()


def is_begun(run: Path) -> bool:
    """Whether the run in this folder can go on from a finished epoch."""
    return (run / LATEST).is_file() and not is_finished(run)


def epochs_done(run: Path) -> int:
    """Finished epochs of the run in this folder."""
    path = run / METRICS
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def differences(run: CellRun, planner: Planner[Any, Any]) -> list[str]:
    """Settings of the run in the folder of `run` that are not those asked for: "epochs 2 instead of 20" each.

    Empty where there is no run. What a data set fills in is not compared. Raises ConfigError where the settings asked
    for are refused.
    """
    asked = asked_settings(run, planner)
    if not (is_finished(run.out) or is_begun(run.out)):
        return []
    try:
        there = planner.read_settings(run.out / "config.yaml")
    except ConfigError as error:
        return [f"no settings of this version ({error})"]
    return list(_differing(asked, there.model_dump(), ""))


def asked_settings(run: CellRun, planner: Planner[Any, Any]) -> dict[str, Any]:
    """The settings of a run but for the seed, and for what the data set says. Raises ConfigError."""
    request = run.request
    return _asked_settings(planner, request.recipe, request.preset, request.method, tuple(request.overrides))


@cache
def _asked_settings(
    planner: Planner[Any, Any], recipe: str, preset: str | None, method: str, overrides: tuple[str, ...]
) -> dict[str, Any]:
    """Kept, as a table has hundreds of runs that differ in noise and seed alone."""
    found = planner.load_settings(recipe, preset=preset, method=method, overrides=list(overrides))
    settings: dict[str, Any] = found.model_dump(exclude={"task", "seed"})
    return settings


def _differing(asked: dict[str, Any], there: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in asked.items():
        if isinstance(value, dict):
            yield from _differing(value, there[key], f"{prefix}{key}.")
        elif value is not None and value != there[key]:
            yield f"{prefix}{key} {json.dumps(there[key])} instead of {json.dumps(value)}"
