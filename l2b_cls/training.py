"""The training loop, on one screen."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import torch

from l2b import MetaAverage, NonFiniteError, WeightNet
from l2b_cls.batches.feed import Feed
from l2b_cls.config import Settings, WeightNetSettings
from l2b_cls.methods.memory import TrainState
from l2b_cls.methods.table import METHODS, StepReport
from l2b_cls.networks.network_of import network_of
from l2b_cls.sample_log.log_epoch import log_samples
from l2b_cls.schedule import finetune_start, learning_rate
from l2b_data.errors import L2BError, Terminated
from l2b_run.training.epoch_row import Progress, Row, WriteRow, epoch_row
from l2b_run.training.sigterm import sigterm_seen
from l2b_run.training.state import average_of, finish_epoch, load_checkpoint, resume_hint, sgd_of

LOG = logging.getLogger(__name__)
_NAMED = 8  # samples of a batch that a message lists

Evaluate = Callable[[TrainState], dict[str, float]]
Detect = Callable[[TrainState], dict[str, float | None]]


def train(
    settings: Settings,
    feed: Feed,
    out: Path,
    *,
    evaluate: Evaluate,
    detect: Detect,
    write_row: WriteRow,
    progress: Progress = lambda row: None,
    resume: bool = False,
) -> TrainState:
    """Train by `settings.method` and return the final state.

    `evaluate(state)` -> {"accuracy": ..., ...} on the evaluation samples, called every `evaluate_every` epochs and
    after the last; `detect(state)` -> the AUC of noise detection, called where the training samples were logged, every
    `log_weights_every` epochs and after the last. `write_row` takes the row of each epoch and all rows so far,
    `progress` each step's and epoch's row.
    Checkpoints go to out/checkpoint_latest.pt after every epoch and to out/checkpoint_best.pt at a new best accuracy;
    `resume` continues from the latest.
    Raises L2BError where a loss is not finite (it names epoch, step and samples), Terminated after the step in which
    SIGTERM came; the last checkpoint stays.
    """
    state = new_state(settings, feed.device)
    if resume:
        load_checkpoint(state, out / "checkpoint_latest.pt", feed.device)
        write_row(state.history[-1], state.history)  # a stop may have come between the checkpoint and its row
    with sigterm_seen() as stopped:
        while state.epoch < settings.epochs:
            started = time.perf_counter()
            before = METHODS[settings.method].before_epoch
            current = feed if before is None else before(state, feed, settings, state.epoch)
            reports = _epoch(state, current, settings, out, progress, stopped)
            state.epoch += 1
            row: Row = {"epoch": state.epoch, "step": state.epoch * feed.steps, "lr": state.lr}
            row |= epoch_row(reports, LOG) | {
                "meta_samples": len(current.meta),
                "seconds": time.perf_counter() - started,
            }
            if _due(state.epoch, settings.evaluate_every, settings.epochs):
                row |= {f"test_{name}": value for name, value in evaluate(state).items()}
            if _due(state.epoch, settings.log_weights_every, settings.epochs):
                log_samples(state, current, reports)
                row["auc_noise_detection"] = detect(state)
            finish_epoch(state, row, out, score="test_accuracy")
            write_row(row, state.history)
            progress(row)
        if stopped():
            raise Terminated(f"terminated after the last epoch, before the final evaluation. {resume_hint(out)}")
    return state


def _epoch(
    state: TrainState, feed: Feed, settings: Settings, out: Path, progress: Progress, stopped: Callable[[], bool]
) -> list[StepReport]:
    """One epoch's steps."""
    epoch, reports = state.epoch, []
    state.lr = learning_rate(settings, epoch)
    state.model.train()
    for step in range(feed.steps):
        if stopped():
            raise Terminated(f"terminated in epoch {epoch + 1}, before step {step + 1}. {resume_hint(out)}")
        try:
            reports.append(METHODS[settings.method].step(state, feed, settings, epoch, step))
        except NonFiniteError as error:
            raise L2BError(_diverged(error, epoch, step, feed, settings, out)) from error
        state.average(settings.average_decay)
        progress({"epoch": epoch + 1, "step": step + 1, "steps": feed.steps, "loss": reports[-1].loss})
    return reports


def new_state(settings: Settings, device: torch.device) -> TrainState:
    """Network, optimizer and what the method adds to them; every draw is fixed by the seed."""
    torch.manual_seed(settings.seed)
    model = network_of(settings).to(device)
    averaged = average_of(model) if settings.average_decay else None
    state = TrainState(model, sgd_of(model, settings.optimizer), averaged, MetaAverage(settings.bootstrap.judge_decay))
    if settings.method in ("mwnet", "mnwnet", "rmnwnet"):
        state.weight_net = WeightNet(settings.weight_net.hidden).to(device)
        state.weight_optimizer = weight_optimizer_of(state.weight_net, settings.weight_net)
    if settings.method == "glc":
        state.initial = {name: value.clone() for name, value in model.state_dict().items()}
    return state


def weight_optimizer_of(net: WeightNet, chosen: WeightNetSettings) -> torch.optim.Optimizer:
    """The optimizer of the weight net that the settings name."""
    if chosen.optimizer == "adam":
        return torch.optim.Adam(net.parameters(), lr=chosen.lr, weight_decay=chosen.weight_decay)
    return sgd_of(net, chosen)


def _due(epoch: int, every: int, last: int) -> bool:
    return epoch % every == 0 or epoch == last


def _diverged(error: Exception, epoch: int, step: int, feed: Feed, settings: Settings, out: Path) -> str:
    names = feed.batch_names(epoch, step)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    batch = f"samples {', '.join(names[:_NAMED])}{more}"
    clean_alone = settings.method == "finetune" and epoch >= finetune_start(settings)
    if clean_alone:
        batch = "clean samples alone"
    elif METHODS[settings.method].clean_labels and settings.method != "finetune":
        batch += f" and {settings.meta_batch_size} of the {len(feed.meta)} meta samples"
    return (
        f"training stopped in epoch {epoch + 1}, step {step + 1} ({batch}): {error}. {resume_hint(out)} "
        f"Lower optimizer.lr (now {settings.optimizer.lr}) or look at these samples with `l2b-cls check`"
    )
