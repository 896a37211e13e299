"""The audit of a run's training masks: networks, evidence, one ranking, files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import load_slices
from l2b_data.errors import ConfigError, DataError
from l2b_run.training.epoch_row import Progress
from l2b_seg.audit import baselines, evidence, regions, truth
from l2b_seg.audit.crossfit import Judging, cross_fit, cut_folds
from l2b_seg.audit.outlook import Outlook, look_at
from l2b_seg.audit.score import usual_shares
from l2b_seg.audit.write_audit import write_audit, write_proposal
from l2b_seg.config import Settings
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.prediction.trust_maps import Judge, make_judge
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class AuditOptions:
    """folds: networks to train, each judging the cases it did not see; 0: the run's own network, in-sample.
    epochs: of each of them; None: as many steps as the run took."""

    folds: int = 2
    epochs: int | None = None


def audit(
    run: Path,
    data: RunData,
    out: Path,
    options: AuditOptions,
    *,
    device: torch.device,
    say: Callable[[str], None] = lambda line: None,
    progress: Progress = lambda row: None,
) -> dict[str, Any]:
    """Rank the given masks of the run's training cases by suspicion, write everything into `out`, return audit.json.

    data: what the run was trained on. Networks are kept in run/audit, whatever `out` is. Clean masks read: those of the
    meta cases; those of training cases only for the columns that say how good the ranking is, where the noise is
    synthetic. `say` gets a line "[3/36] case" for every case, `progress` the rows of training.
    Raises ConfigError (folds), DataError (a file that cannot be used; a run that is not finished).
    """
    settings = read_settings(run / "config.yaml")
    if not data.train:
        raise DataError(f"{run}: its split.json names no training case")
    slices: Rows = []
    cases: Rows = []
    areas: Rows = []
    by = (data.meta, CLEAN_LABELS) if data.meta else (data.train, data.labels)
    plane = settings.slices.plane
    usual = usual_shares(data.dataset, *by, plane)
    least = min((share for share in usual if share), default=0.0)
    epochs = []
    for network in _judging(run, settings, data, options, device, progress):
        judge, predictor = _judge(data, network.predictor), network.predictor
        epochs.append(network.epochs)
        for case in network.cases:
            seen = look_at(predictor, judge, data.dataset, case, data.labels)
            rows = evidence.slice_rows(seen, usual, network.fold)
            _add_baselines(rows, seen)
            slices += rows
            cases.append(evidence.case_row(seen, rows, network.fold))
            areas += regions.regions_of(seen, least, predictor.task.classes)
            write_proposal(out, seen, data.dataset.values)
            say(f"[{len(cases)}/{len(data.train)}] {case}")
    quality = _add_truth(data, slices, plane)
    result = {
        "run": run.resolve().name,
        "method": settings.method,
        "labels": data.labels,
        "noise": data.noise,
        "folds": options.folds,
        "in_sample": options.folds == 0,
        "epochs": epochs,
        "unit": data.dataset.spacing_unit,
        "plane": plane,
        "usual_share": dict(zip(data.dataset.classes, usual, strict=True)),
        "truth": quality,
        "cases": _ranked(cases, "score"),
        "slices": _ranked(slices, "score"),
        "regions": _ranked(areas, "weight"),
    }
    return write_audit(out, data, result)


def _judging(
    run: Path,
    settings: Settings,
    data: RunData,
    options: AuditOptions,
    device: torch.device,
    progress: Progress,
) -> Iterable[Judging]:
    """The networks, one after the other, that together judge every training case once."""
    if options.epochs is not None and (options.folds == 0 or options.epochs < 1):
        raise ConfigError(f"--epochs {options.epochs}: at least 1, and only with --folds of 2 or more")
    if options.folds == 0:
        return [Judging(None, tuple(data.train), load_run(run, device), settings.epochs)]
    folds = cut_folds(data.train, data.dataset.groups, options.folds, settings.seed)
    return cross_fit(settings, data, folds, run / "audit", epochs=options.epochs, device=device, progress=progress)


def _judge(data: RunData, predictor: Predictor) -> Judge | None:
    """What the clean cases say about a network; None without any."""
    if not data.meta:
        return None
    return make_judge(predictor, load_slices(data.dataset, data.meta, predictor.options, labels=CLEAN_LABELS))


def _add_baselines(rows: Rows, seen: Outlook) -> None:
    losses, cleanlab = baselines.slice_losses(seen), baselines.cleanlab_scores(seen)
    for index, row in enumerate(rows):
        row["loss"] = float(losses[index])
        row["cleanlab"] = None if cleanlab is None else float(cleanlab[index])


def _ranked(rows: Rows, key: str) -> Rows:
    """The rows by `key`, highest first, then in their own order, each with its place under "rank"."""
    return [{"rank": place, **row} for place, row in enumerate(sorted(rows, key=lambda row: -row[key]), 1)]


def _add_truth(data: RunData, slices: Rows, plane: str | None) -> dict[str, Any] | None:
    """How good the ranking is, beside the baselines; each slice gets its own truth. None where it is not known."""
    known = truth.clean_dice(data.dataset, data.labels, data.train, plane)
    if not known:
        return None
    compared: Rows = []
    dice: list[float | None] = []
    for row in slices:
        of_case = known.get(row["case"])
        row["true_dice"] = row["wrong"] = None
        if of_case is not None:
            value = of_case[row["slice"]]
            row["true_dice"] = 1.0 if value is None else value
            row["wrong"] = row["true_dice"] < truth.WRONG_BELOW
            compared.append(row)
            dice.append(value)
    names = [name for name in ("score", "loss", "cleanlab") if all(row[name] is not None for row in compared)]
    return truth.ranking_quality({name: [row[name] for row in compared] for name in names}, dice)
