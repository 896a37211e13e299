"""One training run from what a user names: recipe, data, method, noise."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from l2b_run.device import choose_device
from l2b_run.errors import ConfigError, DataError, L2BError, noted
from l2b_run.log_file import log_file
from l2b_run.recipe import load_recipe
from l2b_seg.config import Settings
from l2b_seg.inference import read_settings
from l2b_seg.recipe import load_settings
from l2b_seg.run import RunData, run_training, with_task
from l2b_seg.task import task_of
from pipelines.resolve_data import CLEAN, resolve_data, resume_data

LOG = logging.getLogger("l2b_seg")
NOISE = ("L1", "L2", "L3", CLEAN)


@dataclass(frozen=True)
class TrainRequest:
    """The arguments of `l2b-seg train`, untyped strings checked in `plan`; noise None is the recipe's own."""

    recipe: str
    data: Path | None = None
    method: str = "l2b"
    noise: str | None = None
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
    """Resolve settings, device, run folder and data, in that order: no data is touched before the settings are right.

    A resumed run keeps its own settings and data; of the request, its device counts, and `data` where it has moved.
    Raises ConfigError with every fault of the request (unknown noise, preset, method, key, device; no data; a run
    folder already in use), then DataError.
    """
    if request.resume is not None:
        return _plan_resume(request.resume, request, say)
    faults: list[str] = []
    device, settings, out, noise = torch.device("cpu"), None, request.out, request.noise
    if noise not in (None, *NOISE) and request.labels is None:
        faults.append(f"--noise {noise!r}: choose one of {', '.join(NOISE)}, or --labels FOLDER")
    if request.data is None:
        faults.append("--data is missing: name a prepared data set (`l2b-seg prepare`), or PROMISE12's own files")
    with noted(faults):
        device = choose_device(request.device)
    with noted(faults):
        preset = request.preset or ("paper" if device.type == "cuda" else "cpu")
        settings = load_settings(
            request.recipe, preset=preset, method=request.method, seed=request.seed, overrides=request.overrides
        )
        noise = noise or load_recipe(request.recipe, kind="segmentation").noise or CLEAN
        if noise not in NOISE:
            faults.append(f"recipe {request.recipe}: noise {noise!r} is not one of {', '.join(NOISE)}")
        what = noise if request.labels is None else Path(request.labels).name
        out = out or Path("runs") / f"{settings.recipe}_{settings.method}_{what}_s{settings.seed}"
    if out is not None and (out / "checkpoint_latest.pt").is_file():
        faults.append(f"{out} already holds a run: name another with --out, or go on with it by --resume {out}")
    if faults or settings is None or out is None or noise is None or request.data is None:
        raise ConfigError("\n".join(faults))
    data = resolve_data(
        request.data,
        settings.data,
        noise=noise,
        noise_seed=request.noise_seed,
        labels=request.labels,
        say=say,
    )
    if settings.meta.source != "clean":
        data = replace(data, meta=[])
    return Plan(with_task(settings, data.dataset), data, out, device, resume=False)


def _plan_resume(run: Path, request: TrainRequest, say: Callable[[str], None]) -> Plan:
    absent = [name for name in ("config.yaml", "split.json", "checkpoint_latest.pt") if not (run / name).is_file()]
    if absent:
        raise DataError(
            f"--resume {run}: {', '.join(absent)} missing; name the folder of a run that finished at least one epoch"
        )
    device, settings = choose_device(request.device), read_settings(run / "config.yaml")
    data = resume_data(run, request.data, settings.data, say=say)
    then, now = task_of(settings), task_of(with_task(settings, data.dataset))
    if (then.channels, then.outputs) != (now.channels, now.outputs):
        raise ConfigError(f"{data.dataset.root} has other channels or classes than {run / 'config.yaml'}: train anew")
    return Plan(settings, data, run, device, resume=True)


def train_recipe(plan: Plan, *, progress: Callable[[dict[str, Any]], None] = lambda row: None) -> dict[str, Any]:
    """Run a plan; the run folder also gets log.txt, with the error that ended it if one did. Returns the summary."""
    with log_file(LOG, plan.out / "log.txt"):
        try:
            return run_training(
                plan.settings, plan.data, plan.out, device=plan.device, resume=plan.resume, progress=progress
            )
        except (L2BError, KeyboardInterrupt) as error:
            LOG.error("%s", str(error) or "interrupted")
            raise
