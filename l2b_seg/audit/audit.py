"""The audit of a run's training masks: networks, evidence, one ranking, files."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.cases.slices import load_slices
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions, Judged, cross_fit
from l2b_seg.audit import baselines, evidence, regions, truth
from l2b_seg.audit.crossfit import case_hashes, cut_cases, fold_network
from l2b_seg.audit.outlook import look_at
from l2b_seg.audit.score import usual_shares
from l2b_seg.audit.write_audit import write_audit, write_proposal
from l2b_seg.config import Settings
from l2b_seg.prediction.final_weights import make_judge
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.recipe import read_settings
from l2b_seg.run_data import RunData

Rows = list[dict[str, Any]]


def audit(run: Path, data: RunData, out: Path, options: AuditOptions) -> dict[str, Any]:
    """Rank the given masks of the run's training cases by suspicion, write everything into `out`, return audit.json.

    data: what the run was trained on. Networks are kept in run/audit, whatever `out` is. Clean masks read: those of the
    meta cases; those of training cases only for the columns that say how good the ranking is, where the noise is
    synthetic. `options.say` gets a line "[3/36] case" for every case.
    Raises ConfigError (folds), DataError (a file that cannot be used; a run that is not finished).
    """
    settings = read_settings(run / "config.yaml")
    if not data.train:
        raise DataError(f"{run}: its split.json names no training case")
    slices, cases, areas = Rows(), Rows(), Rows()
    by = (data.meta, CLEAN_LABELS) if data.meta else (data.train, data.labels)
    plane = settings.slices.plane
    usual = usual_shares(data.dataset, *by, plane)
    least = min((share for share in usual if share), default=0.0)
    epochs = []
    for judged in _judged(run, settings, data, options):
        meta = load_slices(data.dataset, data.meta, judged.found.options) if data.meta else None
        judge = None if meta is None else make_judge(judged.found, meta)
        epochs.append(judged.epochs)
        for case in (data.train[place] for place in judged.held_out):
            seen = look_at(judged.found, judge, data.dataset, case, data.labels)
            rows = evidence.slice_rows(seen, usual, judged.fold)
            for row, baseline in zip(rows, baselines.slice_baselines(seen), strict=True):
                row |= baseline
            slices += rows
            cases.append(evidence.case_row(seen, rows, judged.fold))
            areas += regions.regions_of(seen, least, judged.found.task.classes)
            write_proposal(out, seen, data.dataset.values)
            options.say(f"[{len(cases)}/{len(data.train)}] {case}")
    result = {
        "run": run.resolve().name,
        "method": settings.method,
        "labels": data.labels,
        "noise": data.noise,
        **options.record(epochs),
        "unit": data.dataset.spacing_unit,
        "plane": plane,
        "usual_share": dict(zip(data.dataset.classes, usual, strict=True)),
        "truth": _add_truth(data, slices, plane),
        "cases": _ranked(cases, "score"),
        "slices": _ranked(slices, "score"),
        "regions": _ranked(areas, "weight"),
    }
    return write_audit(out, data, result)


def _judged(run: Path, settings: Settings, data: RunData, options: AuditOptions) -> Iterator[Judged[Predictor]]:
    """The networks, one after the other, that together judge every training case once."""

    def own() -> Judged[Predictor]:
        return Judged(None, np.arange(len(data.train)), load_run(run, options.device), settings.epochs)

    cut = partial(cut_cases, data.train, data.dataset.groups, seed=settings.seed)
    hashes = case_hashes(data) if options.folds else {}
    network_of = partial(fold_network, settings=settings, data=data, hashes=hashes, options=options)
    return cross_fit(run, options, cut=cut, network_of=network_of, own=own)


def _ranked(rows: Rows, key: str) -> Rows:
    """The rows by `key`, highest first, then in their own order, each with its place under "rank"."""
    return [{"rank": place, **row} for place, row in enumerate(sorted(rows, key=lambda row: -row[key]), 1)]


def _add_truth(data: RunData, slices: Rows, plane: str | None) -> dict[str, Any] | None:
    """How good the ranking is, beside the baselines; each slice gets its own truth. None where it is not known."""
    known = truth.clean_dice(data.dataset, data.labels, data.train, plane)
    if not known:
        return None
    for row in slices:
        row["true_dice"] = row["wrong"] = None
        if row["case"] in known:
            value = known[row["case"]][row["slice"]]
            row["true_dice"] = 1.0 if value is None else value
            row["wrong"] = row["true_dice"] < truth.WRONG_BELOW
    compared = [row for row in slices if row["case"] in known]
    names = [name for name in ("score", "loss", "cleanlab") if all(row[name] is not None for row in compared)]
    dice = [known[row["case"]][row["slice"]] for row in compared]
    return truth.ranking_quality({name: [row[name] for row in compared] for name in names}, dice)
