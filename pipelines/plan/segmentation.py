"""How segmentation runs are planned: noise of the masks, cases, and the task the data set makes of them."""

from dataclasses import replace
from pathlib import Path

from l2b_data.errors import ConfigError
from l2b_seg.config import Settings
from l2b_seg.meta_set.clean_slices import require_meta
from l2b_seg.recipe import load_settings, read_settings
from l2b_seg.run import run_training
from l2b_seg.run_data import RunData, with_task
from l2b_seg.task import task_of
from pipelines.plan.cases import CLEAN, resolve_data, resume_data
from pipelines.plan.derive_slices import derive_slices
from pipelines.plan.derived import filled
from pipelines.plan.exclude import read_excluded
from pipelines.plan.fingerprint import fingerprint_of
from pipelines.plan.request import Planner, Say, TrainRequest

NOISE = ("L1", "L2", "L3", CLEAN)


def _noise(request: TrainRequest, default: str | None) -> tuple[str, str]:
    noise = request.noise or default or CLEAN
    if noise not in NOISE:
        where = f"recipe {request.recipe}: noise" if request.noise is None else "--noise"
        raise ConfigError(f"{where} {noise!r}: choose one of {', '.join(NOISE)}, or --labels FOLDER")
    return noise, noise if request.labels is None else Path(request.labels).name


def _resolve(data: Path, request: TrainRequest, settings: Settings, noise: str, say: Say) -> tuple[Settings, RunData]:
    exclude = read_excluded(request, say, "case")
    found = resolve_data(
        data, settings.data, noise=noise, noise_seed=request.noise_seed, labels=request.labels, exclude=exclude, say=say
    )
    if settings.meta.source != "clean":
        found = replace(found, meta=[])
    require_meta(settings, found)
    if settings.derive != "none":
        fingerprint = fingerprint_of(found, settings.slices.plane)
        settings = filled(settings, derive_slices(fingerprint, settings), say)
    return with_task(settings, found.dataset), found


def _reopen(run: Path, moved: Path | None, settings: Settings, say: Say) -> RunData:
    data = resume_data(run, moved, settings.data, say=say)
    then, now = task_of(settings), task_of(with_task(settings, data.dataset))
    if (then.channels, then.outputs) != (now.channels, now.outputs):
        raise ConfigError(f"{data.dataset.root} has other channels or classes than {run / 'config.yaml'}: train anew")
    return data


SEGMENTATION = Planner(
    package="l2b_seg",
    kind="segmentation",
    wanted="a prepared data set (`l2b-seg prepare`), or PROMISE12's own files",
    files=("config.yaml", "split.json"),
    score=("test_dice", "Dice"),
    load_settings=load_settings,
    read_settings=read_settings,
    noise=_noise,
    resolve=_resolve,
    reopen=_reopen,
    run_training=run_training,
)
