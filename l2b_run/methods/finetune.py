"""Plain training, then the clean labels alone."""

from typing import Any

from pydantic import Field

from l2b_run.methods.clean_only import clean_step
from l2b_run.methods.plain import given_step
from l2b_run.settings.shared import Strict
from l2b_run.training.method import Method, Phase, Training
from l2b_run.training.method_settings import two_phase_faults
from l2b_run.training.step_report import StepReport


class FinetuneSettings(Strict):
    """finetune: the last `share` of the epochs see the clean ones alone, at `lr`."""

    share: float = Field(0.25, gt=0, lt=1, description="share of the epochs, at the end, on the clean ones alone")
    lr: float = Field(0.01, gt=0, description="learning rate of these epochs")


def finetune_start(settings: Any) -> int:
    """The first epoch (from 0) that sees the clean ones alone; at least one epoch on each side of it."""
    clean_epochs = max(1, round(settings.epochs * settings.finetune.share))
    return max(1, settings.epochs - clean_epochs)


def finetune_step(run: Training, epoch: int, step: int) -> StepReport:
    """A plain step, of the last epochs on the clean ones."""
    return (clean_step if epoch >= finetune_start(run.settings) else given_step)(run, epoch, step)


def _phase(settings: Any, epoch: int) -> Phase:
    begin = finetune_start(settings)
    if epoch < begin:
        return Phase(0, begin, settings.optimizer.lr)
    return Phase(begin, settings.epochs, settings.finetune.lr)


def _reads(settings: Any, epoch: int) -> tuple[bool, bool]:
    clean = epoch >= finetune_start(settings)
    return not clean, clean


FINETUNE = Method(
    "plain training, then the clean labels alone",
    "Fine-tuning in RMNW-Net (WACV 2021), Table 1",
    finetune_step,
    settings=("finetune", FinetuneSettings),
    phase=_phase,
    faults=two_phase_faults,
    reads=_reads,
)
