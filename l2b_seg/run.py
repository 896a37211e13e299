"""A training run from settings to a finished run folder."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml

from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.files.atomic import write_json, write_text
from l2b_data.review.manifest import excluded_text
from l2b_run.folder.environment import environment, peak_memory_mb
from l2b_run.folder.write_run import write_weights
from l2b_run.methods.split import SplitMemory, split_row
from l2b_run.training.batches import Batches
from l2b_run.training.checkpoint_names import BEST
from l2b_run.training.epoch_row import Progress
from l2b_run.training.loop import train
from l2b_run.training.method import Training, new_state
from l2b_run.training.nothing_learnt import require_learnt, with_restarts
from l2b_run.training.state import TrainState, load_checkpoint
from l2b_run.training.step_report import StepReport
from l2b_seg.batches.slice_batches import SliceBatches
from l2b_seg.config import Settings
from l2b_seg.meta_set.clean_slices import meta_slices
from l2b_seg.meta_set.online import online_meta
from l2b_seg.methods.table import METHODS
from l2b_seg.metrics.case_evaluation import (
    EvaluationCase,
    QuickLook,
    evaluate_cases,
    load_evaluation_cases,
    quick_look,
)
from l2b_seg.metrics.summary import Summary, run_summary
from l2b_seg.metrics.write_evaluation import write_summary
from l2b_seg.networks.build_network import network_of
from l2b_seg.prediction.predictor import predictor_for
from l2b_seg.report.keep_slices import write_figures
from l2b_seg.report.write_report import write_report
from l2b_seg.run_data import RunData
from l2b_seg.task import task_of
from l2b_seg.training_weights.record import WeightRecord

LOG = logging.getLogger(__name__)


def training_of(settings: Settings, batches: SliceBatches) -> Training:
    """A run of these settings on these batches, before its first step."""
    method = METHODS[settings.method]
    state = new_state(settings, method, partial(network_of, settings), batches.device)
    return Training(settings, method, task_of(settings), batches, state, online_meta)


def batches_of(
    settings: Settings, data: RunData, options: SliceOptions, device: torch.device, *, train: tuple[str, ...] = ()
) -> SliceBatches:
    """The batches of a run; `train`: of these training cases alone. Raises DataError as its parts do."""
    given = load_slices(data.dataset, train or data.train, options, labels=data.labels)
    meta = meta_slices(settings, data, options, given)
    return SliceBatches(
        given,
        meta,
        settings.augmentation,
        settings.seed,
        device,
        settings.batch_size,
        steps_per_epoch=settings.steps_per_epoch,
        foreground_share=settings.foreground_share,
    )


def run_training(
    settings: Settings,
    data: RunData,
    out: Path,
    *,
    device: torch.device,
    resume: bool = False,
    progress: Progress = lambda row: None,
) -> Summary:
    """Train, evaluate and write the run folder `out`; returns its summary.

    A network that predicts nothing, or one class, starts anew as often as `restarts` says (`with_restarts`). The clean
    masks read before or during training are those of the meta and the evaluation cases only; the training cases' are
    read after it, for the figures. Raises DataError, ConfigError, L2BError as its parts do.
    """
    attempt = partial(_attempt, data=data, out=out, device=device, progress=progress)
    return with_restarts(settings, out, attempt, resume=resume)


def _attempt(
    settings: Settings, resume: bool, *, data: RunData, out: Path, device: torch.device, progress: Progress
) -> Summary:
    options = SliceOptions(**settings.slices.model_dump())
    batches = batches_of(settings, data, options, device)
    record = WeightRecord(out, batches.train)
    run = replace(training_of(settings, batches), keep_weights=record)
    cases = load_evaluation_cases(data.dataset, data.evaluation, options)
    write_text(out / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
    write_json(out / "env.json", environment(str(device)))
    write_json(out / "split.json", data.record())
    if excluded := data.noise.get("excluded"):
        LOG.info("%s", excluded_text(excluded, "case"))
    started, looks = time.perf_counter(), list[QuickLook]()

    def quick(state: TrainState) -> dict[str, float]:
        looks.append(quick_look(predictor_for(state.evaluated, settings, device), cases))
        return {"dice": looks[-1].dice}

    def watch(run: Training, current: Batches, reports: Sequence[StepReport]) -> dict[str, Any]:
        record.flush()
        row = require_learnt(run, looks.pop().row(settings.task.classes) if looks else {})
        return row | (split_row(run.state.memory.splits) if isinstance(run.state.memory, SplitMemory) else {})

    state = train(run, out, score="dice", evaluate=quick, watch=watch, progress=progress, resume=resume)
    seconds, memory = time.perf_counter() - started, peak_memory_mb(device)
    record.finish(settings.epochs)
    write_weights(out / "model.safetensors", state.evaluated)
    summary = _summarised(settings, data, state, cases, out, device)
    summary = replace(summary, total_seconds=seconds, peak_memory_mb=memory)
    write_summary(summary, out)
    write_figures(out / "figures.npz", run, data, cases)
    write_report([out], out / "report.html", title=f"{settings.recipe}: {settings.method}", device=device)
    return summary


def _summarised(
    settings: Settings,
    data: RunData,
    state: TrainState,
    cases: list[EvaluationCase],
    out: Path,
    device: torch.device,
) -> Summary:
    """The summary of the last network, and beside it the best epoch's means."""
    unit = data.dataset.spacing_unit
    last = evaluate_cases(predictor_for(state.evaluated, settings, device), cases, unit=unit)
    best = new_state(settings, METHODS[settings.method], partial(network_of, settings), device)
    load_checkpoint(best, out / BEST, device)
    return run_summary(
        last,
        evaluate_cases(predictor_for(best.evaluated, settings, device), cases, unit=unit).mean | {"epoch": best.epoch},
        settings=settings,
        method_text=METHODS[settings.method].text,
        data=data,
        history=state.history,
    )
