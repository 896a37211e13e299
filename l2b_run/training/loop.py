"""The training loop, on one screen."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from l2b import EngineError, NonFiniteError
from l2b_data.errors import ConfigError, L2BError, Terminated
from l2b_run.training.batches import Batches
from l2b_run.training.checkpoint_names import LATEST
from l2b_run.training.epoch_row import Progress, epoch_row, row_text, write_epochs
from l2b_run.training.method import Training
from l2b_run.training.schedule import learning_rate
from l2b_run.training.sigterm import sigterm_seen
from l2b_run.training.state import TrainState, finish_epoch, load_checkpoint, resume_hint
from l2b_run.training.step_report import StepReport

LOG = logging.getLogger(__name__)

Evaluate = Callable[[TrainState], dict[str, float]]
Watch = Callable[[Training, Batches, Sequence[StepReport]], dict[str, Any]]


def train(
    run: Training,
    out: Path,
    *,
    score: str,
    evaluate: Evaluate = lambda state: {},
    watch: Watch = lambda run, batches, reports: {},
    progress: Progress = lambda row: None,
    resume: bool = False,
) -> TrainState:
    """Train `run` by its method and return the final state.

    `evaluate(state)` -> metrics of the evaluation cases, called every `evaluate_every` epochs and after the last;
    `watch(run, batches, reports)` after every epoch -> what its row says beside them. Every epoch's row goes to
    out/metrics.jsonl, the log and `progress`, as every step's does; a checkpoint to out/checkpoint_latest.pt, and at a
    new best `score` to out/checkpoint_best.pt. `resume` continues from the latest.
    Raises L2BError where a loss is not finite (it names epoch, step and cases), ConfigError where the engine refuses
    the settings, Terminated after the step in which SIGTERM came; the last checkpoint stays.
    """
    settings, state = run.settings, run.state
    if resume:
        load_checkpoint(state, out / LATEST, run.batches.device)
        write_epochs(out, state.history)  # a stop may have come between the checkpoint and its row
    with sigterm_seen() as stopped:
        while state.epoch < settings.epochs:
            started = time.perf_counter()
            before = run.method.before_epoch
            batches = run.batches if before is None else before(run, state.epoch)
            reports = _epoch(run, batches, out, progress, stopped)
            state.epoch += 1
            seconds = time.perf_counter() - started
            due = state.epoch % settings.evaluate_every == 0 or state.epoch == settings.epochs
            row = epoch_row(
                reports,
                LOG,
                epoch=state.epoch,
                step=(state.history[-1].step if state.history else 0) + len(reports),
                lr=state.lr,
                meta=(run.task.records, batches.n_meta),
                seconds=seconds,
                warm_up=run.method.warms_up and state.epoch <= settings.warm_up_epochs,
                test=evaluate(state) if due else {},
                watched=watch(run, batches, reports),
            )
            finish_epoch(state, row, out, score=score)
            write_epochs(out, state.history)
            LOG.info(row_text(row.as_json()))
            progress(row.as_json())
        if stopped():
            raise Terminated(f"terminated after the last epoch, before the final evaluation. {resume_hint(out)}")
    return state


def _epoch(
    run: Training, batches: Batches, out: Path, progress: Progress, stopped: Callable[[], bool]
) -> list[StepReport]:
    """One epoch's steps."""
    settings, state, method = run.settings, run.state, run.method
    epoch, reports, here = state.epoch, list[StepReport](), replace(run, batches=batches)
    phase, expected = method.phase_of(settings, epoch), batches.steps * method.networks
    for network in state.networks:
        network.model.train()
    to_do = method.steps_of(here, epoch)
    while True:
        step = len(reports)
        if stopped() and (method.epoch is not None or step < expected):
            raise Terminated(f"terminated in epoch {epoch + 1}, before step {step + 1}. {resume_hint(out)}")
        fraction = min(step / expected, 1.0) if run.task.schedule_in_epoch else 0.0
        for network in state.networks:
            network.lr = learning_rate(settings.optimizer, phase, epoch, fraction)
        try:
            report = next(to_do, None)
        except NonFiniteError as error:
            raise L2BError(_diverged(error, here, epoch, step, out)) from error
        except EngineError as error:
            way_out = "".join(f"; --set bootstrap.{key}={value}" for key, value in error.use.items())
            raise ConfigError(
                f"method {settings.method} cannot train this network: {error.problem}{way_out}"
            ) from error
        if report is None:
            return reports
        reports.append(report)
        progress({"epoch": epoch + 1, "step": step + 1, "steps": max(expected, step + 1), "loss": report.loss})


def _diverged(error: Exception, run: Training, epoch: int, step: int, out: Path) -> str:
    given, clean = run.method.reads_in(run.settings, epoch)
    batch = [run.batches.given_names(epoch, step)] * given
    batch += [run.batches.clean_names(run.settings.meta_batch_size)] * clean
    named = f" ({' and '.join(batch)})" if run.method.epoch is None else ""  # else the error names its batch
    return (
        f"training stopped in epoch {epoch + 1}, step {step + 1}{named}: {error}. {resume_hint(out)} "
        f"Lower optimizer.lr (now {run.settings.optimizer.lr}) or look at these with `{run.task.tool} check`"
    )
