"""One classification run from what a user names: recipe, data, method, label noise."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_prep.label_noise.corrupt_labels import LabelNoise, parse_noise
from l2b_cls.config import Settings
from l2b_cls.networks.network_of import network_of
from l2b_cls.recipe import load_settings, read_settings
from l2b_cls.run import filled_in, run_training
from l2b_cls.run_data import RunData, read_run_data
from l2b_data.errors import ConfigError, noted
from l2b_data.samples.image_set import open_image_set
from l2b_run.folder.log_file import log_file
from l2b_run.folder.read_run import new_run_faults
from l2b_run.settings.recipe import load_recipe
from l2b_run.training.device import choose_device
from l2b_run.training.epoch_row import Progress
from pipelines.plan.request import Plan, TrainRequest, check_resumable, chosen_settings
from pipelines.plan.samples import resolve_images

LOG = logging.getLogger("l2b_cls")


def plan(request: TrainRequest, *, say: Callable[[str], None] = lambda line: None) -> Plan[Settings, RunData]:
    """Resolve settings, noise, device, run folder and data, in that order.

    No data is touched before the settings are right. A resumed run keeps its own settings, samples and labels; of the
    request, its device counts, and `data` where it has moved. Raises ConfigError with every fault of the request
    (unknown recipe, preset, method, key, noise, device; no data; a run folder already in use), then DataError; last of
    all ConfigError for settings that do not go with the images, or weights that do not fit the network.
    """
    if request.resume is not None:
        return _plan_resume(request.resume, request)
    faults: list[str] = []
    noise, text, out = LabelNoise("none"), request.noise, request.out
    if request.data is None:
        faults.append("--data is missing: name a prepared data set (`l2b-cls prepare`)")
    settings, device = chosen_settings(request, load_settings, faults)
    if settings is not None:
        text = text or load_recipe(request.recipe, kind="classification").noise
    with noted(faults):
        noise = parse_noise(text or "none")
    if settings is not None and out is None:
        name = f"{settings.recipe}_{settings.method}_{str(noise).replace(':', '-')}_s{settings.seed}"
        out = Path("runs") / name
    if out is not None:
        faults += new_run_faults(out)
    if faults or settings is None or out is None or request.data is None:
        raise ConfigError("\n".join(faults))
    data = resolve_images(open_image_set(request.data), settings, noise, noise_seed=request.noise_seed, say=say)
    settings = filled_in(settings, data)
    if settings.network.weights is not None:
        network_of(settings)  # weights that do not fit are found before anything is written
    return Plan(settings, data, out, device, resume=False)


def _plan_resume(run: Path, request: TrainRequest) -> Plan[Settings, RunData]:
    check_resumable(run, ("config.yaml", "split.json", "noisy_labels.csv", "checkpoint_latest.pt"))
    device, settings = choose_device(request.device), read_settings(run / "config.yaml")
    data = read_run_data(run, request.data)
    if (settings.task.classes, settings.task.channels) != (data.images.classes, data.images.channels):
        raise ConfigError(f"{data.images.root} has other channels or classes than {run / 'config.yaml'}: train anew")
    return Plan(settings, data, run, device, resume=True)


def train_classifier(plan: Plan[Settings, RunData], *, progress: Progress = lambda row: None) -> dict[str, Any]:
    """Run a plan; the run folder also gets log.txt, with the error that ended it if one did. Returns the summary."""
    with log_file(LOG, plan.out / "log.txt"):
        return run_training(
            plan.settings, plan.data, plan.out, device=plan.device, resume=plan.resume, progress=progress
        )
