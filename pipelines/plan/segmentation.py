"""One training run from what a user names: recipe, data, method, noise."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError
from l2b_run.folder.log_file import log_file
from l2b_run.folder.read_run import new_run_faults
from l2b_run.settings.recipe import load_recipe
from l2b_run.training.device import choose_device
from l2b_run.training.epoch_row import Progress
from l2b_seg.config import Settings
from l2b_seg.meta_set.clean_slices import require_meta
from l2b_seg.recipe import load_settings, read_settings
from l2b_seg.run import run_training
from l2b_seg.run_data import RunData, with_task
from l2b_seg.task import task_of
from pipelines.plan import request as training_plan
from pipelines.plan.cases import CLEAN, resolve_data, resume_data
from pipelines.plan.request import Plan, check_resumable, chosen_settings

LOG = logging.getLogger("l2b_seg")
NOISE = ("L1", "L2", "L3", CLEAN)


@dataclass(frozen=True)
class TrainRequest(training_plan.TrainRequest):
    """The arguments of `l2b-seg train`; `labels` names a folder of given masks instead of a noise."""

    labels: str | None = None


def plan(request: TrainRequest, *, say: Callable[[str], None] = lambda line: None) -> Plan[Settings, RunData]:
    """Resolve settings, device, run folder and data, in that order: no data is touched before the settings are right.

    A resumed run keeps its own settings and data; of the request, its device counts, and `data` where it has moved.
    Raises ConfigError with every fault of the request (unknown noise, preset, method, key, device; no data; a run
    folder already in use), then DataError.
    """
    if request.resume is not None:
        return _plan_resume(request.resume, request, say)
    faults: list[str] = []
    out, noise = request.out, request.noise
    if noise not in (None, *NOISE) and request.labels is None:
        faults.append(f"--noise {noise!r}: choose one of {', '.join(NOISE)}, or --labels FOLDER")
    if request.data is None:
        faults.append("--data is missing: name a prepared data set (`l2b-seg prepare`), or PROMISE12's own files")
    settings, device = chosen_settings(request, load_settings, faults)
    if settings is not None:
        noise = noise or load_recipe(request.recipe, kind="segmentation").noise or CLEAN
        if noise not in NOISE:
            faults.append(f"recipe {request.recipe}: noise {noise!r} is not one of {', '.join(NOISE)}")
        what = noise if request.labels is None else Path(request.labels).name
        out = out or Path("runs") / f"{settings.recipe}_{settings.method}_{what}_s{settings.seed}"
    if out is not None:
        faults += new_run_faults(out)
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
    require_meta(settings, data)
    return Plan(with_task(settings, data.dataset), data, out, device, resume=False)


def _plan_resume(run: Path, request: TrainRequest, say: Callable[[str], None]) -> Plan[Settings, RunData]:
    check_resumable(run, ("config.yaml", "split.json", "checkpoint_latest.pt"))
    device, settings = choose_device(request.device), read_settings(run / "config.yaml")
    data = resume_data(run, request.data, settings.data, say=say)
    then, now = task_of(settings), task_of(with_task(settings, data.dataset))
    if (then.channels, then.outputs) != (now.channels, now.outputs):
        raise ConfigError(f"{data.dataset.root} has other channels or classes than {run / 'config.yaml'}: train anew")
    return Plan(settings, data, run, device, resume=True)


def train_recipe(plan: Plan[Settings, RunData], *, progress: Progress = lambda row: None) -> dict[str, Any]:
    """Run a plan; the run folder also gets log.txt, with the error that ended it if one did. Returns the summary."""
    with log_file(LOG, plan.out / "log.txt"):
        return run_training(
            plan.settings, plan.data, plan.out, device=plan.device, resume=plan.resume, progress=progress
        )
