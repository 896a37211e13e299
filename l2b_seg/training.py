"""The training loop, on one screen."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import torch

from l2b import MetaAverage, NonFiniteError
from l2b_data.errors import L2BError, Terminated
from l2b_run.training.epoch_row import Progress, WriteRow, epoch_row
from l2b_run.training.sigterm import sigterm_seen
from l2b_run.training.state import TrainState, average_of, finish_epoch, load_checkpoint, resume_hint, sgd_of
from l2b_seg.batches.feed import Feed
from l2b_seg.config import Settings
from l2b_seg.methods.online_meta import online_meta
from l2b_seg.methods.table import METHODS, StepReport
from l2b_seg.networks.build_network import network_of
from l2b_seg.schedule import finetune_start, learning_rate

LOG = logging.getLogger(__name__)

Evaluate = Callable[[TrainState], dict[str, float]]


def train(
    settings: Settings,
    feed: Feed,
    out: Path,
    *,
    evaluate: Evaluate,
    write_row: WriteRow,
    progress: Progress = lambda row: None,
    resume: bool = False,
) -> TrainState:
    """Train by `settings.method` and return the final state.

    `evaluate(state)` -> {"dice": ...} on the evaluation cases, called every `evaluate_every` epochs and after the last;
    `write_row` takes the row of each epoch and all rows so far, `progress` each step's and epoch's row.
    Checkpoints go to out/checkpoint_latest.pt after every epoch and to out/checkpoint_best.pt at a new best Dice;
    `resume` continues from the latest.
    Raises L2BError where a loss is not finite (it names epoch, step and cases), Terminated after the step in which
    SIGTERM came; the last checkpoint stays.
    """
    state = new_state(settings, feed.device)
    if resume:
        load_checkpoint(state, out / "checkpoint_latest.pt", feed.device)
        write_row(state.history[-1], state.history)  # a stop may have come between the checkpoint and its row
    steps = feed.steps_per_epoch(settings.batch_size)
    with sigterm_seen() as stopped:
        while state.epoch < settings.epochs:
            started = time.perf_counter()
            feed = online_meta(state, feed, settings)
            reports = _epoch(state, feed, settings, steps, out, progress, stopped)
            state.epoch += 1
            row = {"epoch": state.epoch, "step": state.epoch * steps, "lr": state.lr}
            row |= epoch_row(reports, LOG) | {"meta_slices": len(feed.meta), "seconds": time.perf_counter() - started}
            if state.epoch % settings.evaluate_every == 0 or state.epoch == settings.epochs:
                row |= {f"test_{name}": value for name, value in evaluate(state).items()}
            finish_epoch(state, row, out, score="test_dice")
            write_row(row, state.history)
            progress(row)
        if stopped():
            raise Terminated(f"terminated after the last epoch, before the final evaluation. {resume_hint(out)}")
    return state


def _epoch(
    state: TrainState,
    feed: Feed,
    settings: Settings,
    steps: int,
    out: Path,
    progress: Progress,
    stopped: Callable[[], bool],
) -> list[StepReport]:
    """One pass over the given slices."""
    epoch, reports = state.epoch, []
    state.model.train()
    for step in range(steps):
        if stopped():
            raise Terminated(f"terminated in epoch {epoch + 1}, before step {step + 1}. {resume_hint(out)}")
        state.lr = learning_rate(settings, epoch, step / steps)
        try:
            reports.append(METHODS[settings.method].step(state, feed, settings, epoch, step))
        except NonFiniteError as error:
            raise L2BError(_diverged(error, epoch, step, feed, settings, out)) from error
        state.average(settings.average_decay)
        progress({"epoch": epoch + 1, "step": step + 1, "steps": steps, "loss": reports[-1].loss})
    return reports


def new_state(settings: Settings, device: torch.device) -> TrainState:
    """Network, optimizer and averaged network as the settings name them; the network's draw is fixed by the seed."""
    torch.manual_seed(settings.seed)
    model = network_of(settings).to(device)
    averaged = average_of(model) if settings.average_decay else None
    return TrainState(model, sgd_of(model, settings.optimizer), averaged, MetaAverage(settings.bootstrap.judge_decay))


def _diverged(error: Exception, epoch: int, step: int, feed: Feed, settings: Settings, out: Path) -> str:
    clean_alone = settings.method == "meta" or (settings.method == "finetune" and epoch >= finetune_start(settings))
    batch = [] if clean_alone else [f"cases {', '.join(feed.cases_of(epoch, step, settings.batch_size))}"]
    if clean_alone or (METHODS[settings.method].clean_cases and settings.method != "finetune"):
        batch.append(f"slices of the clean cases {', '.join(feed.clean_cases())}")
    return (
        f"training stopped in epoch {epoch + 1}, step {step + 1} ({' and '.join(batch)}): {error}. {resume_hint(out)} "
        f"Lower optimizer.lr (now {settings.optimizer.lr}) or look at these cases with `l2b-seg check`"
    )
