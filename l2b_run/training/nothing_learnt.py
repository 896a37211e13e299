"""A network that predicts nothing, or one class: noticed half-way, started anew more gently, told in the end."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.checkpoint_names import BEST, LATEST
from l2b_run.training.epoch_row import EpochRow

if TYPE_CHECKING:
    from l2b_run.training.method import Training

LOG = logging.getLogger(__name__)
Settings = TypeVar("Settings", bound=TrainingSettings)
Done = TypeVar("Done")

ONE_CLASS, NEVER = "one_class", "never_predicted"  # keys of an epoch's row
RESTART = "restart"  # key of `derived`
_GENTLER = 0.25
_STEPS = 200  # before which no network is given up
_TRIAL = 30  # steps of which nothing is expected: runs that short are tried out


class NothingLearnt(Exception):
    """Half of the run is over, and the network predicts nothing, or one class."""


def prediction_row(never: list[str], *, one_class: bool) -> dict[str, Any]:
    """What an epoch's row says of the evaluated predictions, empty where all is well.

    never: names of classes that are shown and never predicted. one_class: nothing is predicted, or one class.
    """
    return ({NEVER: never} if never else {}) | ({ONE_CLASS: True} if one_class else {})


def require_learnt(run: "Training", row: dict[str, Any]) -> dict[str, Any]:
    """`row` (of `prediction_row`), empty in a run's first 30 steps, of which nothing is expected.

    Raises NothingLearnt where it shows one class in the second half of the run, and a restart is left.
    """
    settings, done = run.settings, run.state.epoch
    steps = done * run.batches.steps
    if ONE_CLASS in row and settings.restarts and 2 * done >= settings.epochs and steps >= _STEPS:
        raise NothingLearnt(f"after epoch {done} of {settings.epochs} it never predicted {', '.join(row[NEVER])}")
    return row if steps > _TRIAL else {}


def with_restarts(settings: Settings, out: Path, attempt: Callable[[Settings, bool], Done], *, resume: bool) -> Done:
    """`attempt(settings, resume)`, again with gentler settings wherever it raises NothingLearnt.

    The learning rates are then a quarter, one restart fewer is left, and `derived` says so; the checkpoints go.
    """
    while True:
        try:
            return attempt(settings, resume)
        except NothingLearnt as nothing:
            settings, resume = _gentler(settings, str(nothing)), False
            LOG.warning("%s", settings.derived[RESTART])
            for name in (LATEST, BEST):
                (out / name).unlink(missing_ok=True)


def _gentler(settings: Settings, why: str) -> Settings:
    lr = settings.optimizer.lr * _GENTLER
    changed: dict[str, Any] = {"optimizer": settings.optimizer.model_copy(update={"lr": lr})}
    if finetune := getattr(settings, "finetune", None):
        changed["finetune"] = finetune.model_copy(update={"lr": finetune.lr * _GENTLER})
    told = f"training started anew at learning rate {lr:g} instead of {settings.optimizer.lr:g}: {why}"
    changed |= {"restarts": settings.restarts - 1, "derived": settings.derived | {RESTART: told}}
    return settings.model_copy(update=changed)


def learning_warnings(settings: TrainingSettings, last: EpochRow) -> dict[str, Any]:
    """Of a finished run, for its summary: "warnings", lines or None, and "one_class", None where all is well.

    last: the row of the last epoch.
    """
    lines = [settings.derived[RESTART]] if RESTART in settings.derived else []
    if never := last.watched.get(NEVER):
        lines.append(
            f"never predicted: {', '.join(never)}. Look at the images and masks (`check`), train longer (epochs), or "
            f"set another optimizer.lr (now {settings.optimizer.lr:g})"
        )
    return {"warnings": lines or None, "one_class": last.watched.get(ONE_CLASS)}
