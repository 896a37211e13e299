"""A training run from settings to a finished run folder."""

import logging
import time
from pathlib import Path
from typing import Any

import torch
import yaml

from l2b_data.cases.slices import load_slices
from l2b_data.cases.slicing import SliceOptions
from l2b_data.files.atomic import write_json, write_text
from l2b_run.folder.environment import environment, peak_memory_mb
from l2b_run.folder.write_run import row_text, write_epochs, write_weights
from l2b_run.training.epoch_row import Progress
from l2b_run.training.state import TrainState, load_checkpoint
from l2b_seg.batches.feed import Feed
from l2b_seg.config import Settings
from l2b_seg.methods.meta_set import meta_slices
from l2b_seg.methods.online_meta import online_meta
from l2b_seg.methods.table import METHODS
from l2b_seg.metrics.case_evaluation import EvaluationCase, evaluate_cases, load_evaluation_cases, mean_dice
from l2b_seg.metrics.summary import write_case_csv
from l2b_seg.prediction.predictor import predictor_for
from l2b_seg.report.keep_slices import write_figures
from l2b_seg.report.write_report import write_report
from l2b_seg.run_data import RunData
from l2b_seg.training import new_state, train

LOG = logging.getLogger(__name__)


def run_training(
    settings: Settings,
    data: RunData,
    out: Path,
    *,
    device: torch.device,
    resume: bool = False,
    progress: Progress = lambda row: None,
) -> dict[str, Any]:
    """Train, evaluate and write the run folder `out`; returns its summary.

    The clean masks read before or during training are those of the meta and the evaluation cases only; the training
    cases' are read after it, for the figures. Raises DataError, ConfigError, L2BError as its parts do.
    """
    options = SliceOptions(**settings.slices.model_dump())
    given = load_slices(data.dataset, data.train, options, labels=data.labels)
    feed = Feed(
        train=given,
        meta=meta_slices(settings, data, options, given),
        augmentation=settings.augmentation,
        seed=settings.seed,
        device=device,
    )
    cases = load_evaluation_cases(data.dataset, data.evaluation, options)
    write_text(out / "config.yaml", yaml.safe_dump(settings.model_dump(), sort_keys=False))
    write_json(out / "env.json", environment(str(device)))
    write_json(out / "split.json", data.record())
    started = time.perf_counter()

    def quick(state: TrainState) -> dict[str, float]:
        return {"dice": mean_dice(predictor_for(state.evaluated, settings, device), cases)}

    def write_row(row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        write_epochs(out / "metrics.jsonl", history)
        LOG.info(row_text(row))

    state = train(settings, feed, out, evaluate=quick, write_row=write_row, progress=progress, resume=resume)
    seconds = sum(row["seconds"] for row in state.history)
    cost = {
        "train_seconds": seconds,
        "total_seconds": time.perf_counter() - started,
        "peak_memory_mb": peak_memory_mb(device),
    }
    write_weights(out / "model.safetensors", state.evaluated)
    summary = summarise_run(settings, data, state, cases, out, device) | cost
    write_json(out / "summary.json", summary)
    write_case_csv(out / "cases.csv", summary)
    write_figures(out / "figures.npz", state, online_meta(state, feed, settings), settings, data, cases)
    write_report([out], out / "report.html", title=f"{settings.recipe}: {settings.method}", device=device)
    return summary


def summarise_run(
    settings: Settings,
    data: RunData,
    state: TrainState,
    cases: list[EvaluationCase],
    out: Path,
    device: torch.device,
) -> dict[str, Any]:
    """The last network's metrics a case, and beside them the best epoch's and the mean of the last ten evaluations.

    `best` is chosen on the evaluation cases themselves, as in the papers: read `last` for an honest figure.
    """
    unit = data.dataset.spacing_unit
    summary = evaluate_cases(predictor_for(state.evaluated, settings, device), cases, unit=unit)
    best = new_state(settings, device)
    load_checkpoint(best, out / "checkpoint_best.pt", device)
    best_summary = evaluate_cases(predictor_for(best.evaluated, settings, device), cases, unit=unit)
    evaluated = [row["test_dice"] for row in state.history if "test_dice" in row]
    return {
        "method": settings.method,
        "meta_source": settings.meta.source,
        "method_text": METHODS[settings.method].text,
        "noise": data.noise,
        "seed": settings.seed,
        "preset": settings.preset,
        "last": summary["mean"],
        "best": best_summary["mean"] | {"epoch": best.epoch, "chosen_on": "the evaluation cases"},
        "mean_last_10": sum(evaluated[-10:]) / len(evaluated[-10:]),
        **summary,
    }
