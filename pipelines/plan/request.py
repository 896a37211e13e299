"""A training run from what a user names: checked and resolved once for both tasks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from l2b_data.errors import ConfigError, DataError, noted
from l2b_run.folder.log_file import log_file
from l2b_run.folder.read_run import new_run_faults
from l2b_run.folder.summary import RunSummary
from l2b_run.settings.recipe import Kind, Recipe, load_recipe
from l2b_run.settings.shared import RunSettings
from l2b_run.training.device import choose_device
from l2b_run.training.epoch_row import Progress

Settings = TypeVar("Settings", bound=RunSettings)
Data = TypeVar("Data")
Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainRequest:
    """The arguments of `train`, untyped strings checked in `plan`.

    noise: None is the recipe's own. labels: given masks (a folder) or labels (a table) instead of a noise.
    exclude: a file of cases or samples that are left out, a name a line.
    """

    recipe: str
    data: Path | None = None
    method: str = "l2b"
    noise: str | None = None
    labels: str | None = None
    exclude: Path | None = None
    noise_seed: int = 0
    preset: str | None = None
    overrides: list[str] = field(default_factory=list)
    out: Path | None = None
    seed: int = 0
    device: str = "auto"
    resume: Path | None = None


@dataclass(frozen=True)
class Planner(Generic[Settings, Data]):
    """What the plan of a run asks of its task.

    package: names the logger that log.txt takes. kind: of the recipes. wanted: what `--data` takes, for a message.
    files: what a run folder must hold to say what the run was trained on. score: of an epoch's row, the key of the
    number a progress line shows, and the word for it. load_settings, read_settings, run_training: the task's own.
    noise: of a request and the recipe's default, the noise and its word in a run folder's name; raises ConfigError.
    resolve: the data of a new run under that noise, and the settings, which the data may fill in. reopen: the data of a
    run folder with these settings, read at the path given where they have moved.
    """

    package: str
    kind: Kind
    wanted: str
    files: tuple[str, ...]
    score: tuple[str, str]
    load_settings: Callable[..., Settings]
    read_settings: Callable[[Path], Settings]
    noise: Callable[[TrainRequest, str | None], tuple[Any, str]]
    resolve: Callable[[Path, TrainRequest, Settings, Any, Say], tuple[Settings, Data]]
    reopen: Callable[[Path, Path | None, Settings, Say], Data]
    run_training: Callable[..., RunSummary]


@dataclass(frozen=True)
class Plan(Generic[Settings, Data]):
    """A request checked and resolved; nothing has been trained or written yet but prepared data."""

    planner: Planner[Settings, Data]
    settings: Settings
    data: Data
    out: Path
    device: torch.device
    resume: bool


def plan(
    request: TrainRequest, planner: Planner[Settings, Data], *, say: Say = lambda line: None, suffix: str = ""
) -> Plan[Settings, Data]:
    """Resolve device, settings, noise, run folder and data, in that order: no data is touched before all else is right.

    suffix: of the run folder's name, where the request has none.
    A resumed run keeps its own settings and data; of the request, its device counts, and `data` where it has moved.
    Raises ConfigError with every fault of the request (unknown recipe, preset, method, key, noise, device; no data; a
    run folder already in use), then DataError; last ConfigError for settings that do not go with the data.
    """
    if request.resume is not None:
        return _plan_resume(request.resume, request, planner, say)
    faults: list[str] = []
    device, out = torch.device("cpu"), request.out
    recipe: Recipe | None = None
    settings: Settings | None = None
    noise: Any = None
    if request.data is None:
        faults.append(f"--data is missing: name {planner.wanted}")
    with noted(faults):
        device = choose_device(request.device)
    with noted([]):  # `load_settings` says what is wrong with it
        recipe = load_recipe(request.recipe, kind=planner.kind)
    with noted(faults):
        preset = request.preset or default_preset(recipe, device)
        settings = planner.load_settings(
            request.recipe, preset=preset, method=request.method, seed=request.seed, overrides=request.overrides
        )
    if request.noise is not None and request.labels is not None:
        faults.append(
            f"--noise {request.noise} and --labels {request.labels}: labels are made noisy or given; leave one out"
        )
    with noted(faults):
        noise, word = planner.noise(request, recipe.noise if recipe else None)
        if settings is not None and out is None:
            out = Path("runs") / f"{settings.recipe}_{settings.method}_{word}_s{settings.seed}{suffix}"
    if out is not None:
        faults += new_run_faults(out)
    if faults or settings is None or out is None or request.data is None:
        raise ConfigError("\n".join(faults))
    settings, data = planner.resolve(request.data, request, settings, noise, say)
    return Plan(planner, settings, data, out, device, resume=False)


def default_preset(recipe: Recipe | None, device: torch.device) -> str:
    """paper on CUDA, cpu elsewhere; the recipe's first where it has no such preset."""
    preset = "paper" if device.type == "cuda" else "cpu"
    return preset if recipe is None or preset in recipe.presets else next(iter(recipe.presets), preset)


def _plan_resume(run: Path, request: TrainRequest, planner: Planner[Settings, Data], say: Say) -> Plan[Settings, Data]:
    absent = [name for name in (*planner.files, "checkpoint_latest.pt") if not (run / name).is_file()]
    if absent:
        raise DataError(
            f"--resume {run}: {', '.join(absent)} missing; name the folder of a run that finished at least one epoch"
        )
    device, settings = choose_device(request.device), planner.read_settings(run / "config.yaml")
    return Plan(planner, settings, planner.reopen(run, request.data, settings, say), run, device, resume=True)


def train(plan: Plan[Any, Any], *, progress: Progress = lambda row: None) -> RunSummary:
    """Run a plan; the run folder also gets log.txt, with the error that ended it if one did. Returns the summary."""
    with log_file(plan.planner.package, plan.out / "log.txt"):
        return plan.planner.run_training(
            plan.settings, plan.data, plan.out, device=plan.device, resume=plan.resume, progress=progress
        )
