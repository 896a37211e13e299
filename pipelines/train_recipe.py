"""One training run from what a user names: recipe, data, method, noise."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from l2b_run.errors import ConfigError, DataError
from l2b_seg.config import Settings, load_settings
from l2b_seg.inference import read_settings
from l2b_seg.run import RunData, run_training
from pipelines.resolve_data import resolve_data

LOG = logging.getLogger(__name__)
NOISE = ("L1", "L2", "L3", "clean")


@dataclass(frozen=True)
class TrainRequest:
    """The arguments of `l2b-seg train`, untyped strings checked in `plan`."""

    recipe: str
    data: Path | None = None
    method: str = "l2b"
    noise: str = "L2"
    noise_seed: int = 0
    labels: str | None = None
    preset: str | None = None
    overrides: list[str] = field(default_factory=list)
    out: Path | None = None
    seed: int = 0
    device: str = "auto"
    resume: Path | None = None


@dataclass(frozen=True)
class Plan:
    """A request checked and resolved; nothing has been trained or written yet but prepared data."""

    settings: Settings
    data: RunData
    out: Path
    device: torch.device
    resume: bool


def plan(request: TrainRequest, *, say: Callable[[str], None] = lambda line: None) -> Plan:
    """Resolve settings, device, data and run folder, in that order: no data is touched before the settings are right.

    Raises ConfigError (unknown noise, preset, method, key, device; a run folder already in use) and DataError.
    """
    if request.noise not in NOISE:
        raise ConfigError(f"--noise {request.noise!r}: choose one of {', '.join(NOISE)}, or --labels FOLDER")
    device = choose_device(request.device)
    preset = request.preset or ("paper" if device.type == "cuda" else "cpu")
    if request.resume is not None:
        if not (request.resume / "config.yaml").is_file():
            raise DataError(f"--resume {request.resume}: no run folder (config.yaml is missing)")
        settings, out = read_settings(request.resume / "config.yaml"), request.resume
    else:
        settings = load_settings(
            request.recipe, preset=preset, method=request.method, seed=request.seed, overrides=request.overrides
        )
        out = request.out or Path("runs") / f"{settings.recipe}_{settings.method}_{request.noise}_s{settings.seed}"
        if (out / "checkpoint_latest.pt").is_file():
            raise ConfigError(f"{out} already holds a run: name another with --out, or go on with it by --resume {out}")
    if request.data is None:
        raise ConfigError("--data is missing: name a prepared data set, or the folder of CaseNN.mhd files")
    data = resolve_data(
        request.data,
        settings.data,
        noise=request.noise,
        noise_seed=request.noise_seed,
        labels=request.labels,
        say=say,
    )
    return Plan(settings, data, out, device, request.resume is not None)


def train_recipe(plan: Plan, *, progress: Callable[[dict[str, Any]], None] = lambda row: None) -> dict[str, Any]:
    """Run a plan; the run folder also gets log.txt. Returns the summary."""
    plan.out.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(plan.out / "log.txt", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("l2b_seg")
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        return run_training(
            plan.settings, plan.data, plan.out, device=plan.device, resume=plan.resume, progress=progress
        )
    finally:
        root.removeHandler(handler)
        handler.close()


def choose_device(name: str) -> torch.device:
    """auto: the first CUDA device where there is one, else the CPU. Raises ConfigError for one that is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"--device {name!r}: write auto, cpu, cuda or cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(
            f"--device {name}: this machine has {torch.cuda.device_count()} CUDA devices; use --device cpu"
        )
    return device
