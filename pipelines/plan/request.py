"""What `train` is asked for and the plan made of it: what segmentation and classification have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import torch

from l2b_data.errors import DataError, noted
from l2b_run.training.device import choose_device

Settings = TypeVar("Settings")
Data = TypeVar("Data")


@dataclass(frozen=True)
class TrainRequest:
    """The arguments of `train`, untyped strings checked in `plan`; noise None is the recipe's own."""

    recipe: str
    data: Path | None = None
    method: str = "l2b"
    noise: str | None = None
    noise_seed: int = 0
    preset: str | None = None
    overrides: list[str] = field(default_factory=list)
    out: Path | None = None
    seed: int = 0
    device: str = "auto"
    resume: Path | None = None


@dataclass(frozen=True)
class Plan(Generic[Settings, Data]):
    """A request checked and resolved; nothing has been trained or written yet but prepared data."""

    settings: Settings
    data: Data
    out: Path
    device: torch.device
    resume: bool


def chosen_settings(
    request: TrainRequest, load_settings: Callable[..., Settings], faults: list[str]
) -> tuple[Settings | None, torch.device]:
    """Settings and device of a new run; what is wrong with either goes to `faults`, and the settings are then None.

    `load_settings`: the task's own. Where no preset is named, the device chooses it.
    """
    device = torch.device("cpu")
    with noted(faults):
        device = choose_device(request.device)
    with noted(faults):
        preset = request.preset or ("paper" if device.type == "cuda" else "cpu")
        settings = load_settings(
            request.recipe, preset=preset, method=request.method, seed=request.seed, overrides=request.overrides
        )
        return settings, device
    return None, device


def check_resumable(run: Path, needed: Sequence[str]) -> None:
    """Raises DataError where the run folder lacks one of the files `needed` to go on with it."""
    absent = [name for name in needed if not (run / name).is_file()]
    if absent:
        raise DataError(
            f"--resume {run}: {', '.join(absent)} missing; name the folder of a run that finished at least one epoch"
        )
