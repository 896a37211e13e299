"""The audit of a run's training labels: networks that did not see them, one ranking, files."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.findings.copies import copies, joined
from l2b_cls.audit.findings.pictures import describe
from l2b_cls.audit.judges.crossfit import cut_samples, fold_network, judged_samples, keep_some_clean
from l2b_cls.audit.judges.outlook import Outlook, judge
from l2b_cls.audit.panel import Panel
from l2b_cls.audit.rank_labels import GivenLabels, rank_labels
from l2b_cls.batches.sample_batches import Samples, make_batches
from l2b_cls.config import Settings
from l2b_cls.methods.table import METHODS
from l2b_cls.prediction.classifier import BATCH, load_run
from l2b_cls.recipe import read_settings
from l2b_cls.run_data import RunData
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions, Judged, cross_fit
from l2b_run.audit.folds import Fold

UNJUDGED = -2
"""In place of a fold: a clean sample that every network learns from."""


def audit(run: Path, data: RunData, out: Path, options: AuditOptions) -> dict[str, Any]:
    """Rank the given labels of a run's training samples by suspicion, write audit.csv and audit.json into `out`.

    data: what the run was trained on. Predictions are kept in run/audit, whatever `out` is. `data.clean` is read after
    the ranking, for the columns that say how good it is, where clean labels are known and some differ from the given
    ones. `options.say` gets a line "[1/2] ..." a step. Returns what is in audit.json.
    Raises ConfigError (folds), DataError (no training sample; a run that is not finished).
    """
    settings = read_settings(run / "config.yaml")
    if not len(data.train):
        raise DataError(f"{run}: its split.json names no training sample")
    given = Samples(data.images, data.train, data.given)
    panel, epochs = _panel(run, settings, data, given, options)
    record = {"run": run.resolve().name, "method": settings.method, "noise": data.noise, **options.record(epochs)}
    columns = {name: values[data.train] for name, values in data.images.given.items()}
    labels = GivenLabels(given, data.clean, data.mistakes, columns)
    return rank_labels(labels, panel, out, record, say=options.say)


def _panel(
    run: Path, settings: Settings, data: RunData, given: Samples, options: AuditOptions
) -> tuple[Panel, list[int]]:
    """What networks say of the training samples, and of the meta samples that they did not learn from, and the
    networks' epochs."""
    meta = Samples(data.images, data.meta, data.meta_labels)
    learns = METHODS[settings.method].clean_labels
    every = judged_samples(given, meta)
    options.say("[1/4] pictures")
    described = describe(data.images, every.index)
    copy_of = copies(described)
    groups = joined([data.images.groups[index] for index in every.index.tolist()], copy_of)

    def own() -> Judged[Outlook]:
        network = load_run(run, options.device)
        batches = make_batches(given, meta, every, settings, options.device).ordered("evaluation", BATCH)
        found = judge(network.model, batches, classes=len(settings.task.classes))
        return Judged(None, np.arange(len(every)), found, settings.epochs)

    def cut(count: int) -> list[Fold]:
        folds = cut_samples(every.labels, groups, count, seed=settings.seed)
        return keep_some_clean(folds, every.index, meta.index, len(given)) if learns else folds

    options.say("[2/4] networks")
    network_of = partial(fold_network, settings=settings, given=given, meta=meta, options=options)
    judged = list(cross_fit(run, options, cut=cut, network_of=network_of, own=own))
    fold = np.full(len(every), UNJUDGED)
    probabilities = np.zeros((len(every), len(settings.task.classes)))
    features = np.zeros((len(every), judged[0].found.features.shape[1]), np.float16)
    for one in judged:
        fold[one.held_out] = -1 if one.fold is None else one.fold
        probabilities[one.held_out], features[one.held_out] = one.found.probabilities, one.found.features
    usable = (fold != UNJUDGED) & ((fold >= 0) | ~np.full(len(fold), learns))
    places = {index: place for place, index in enumerate(every.index.tolist())}
    clean = np.array([usable[places[index]] for index in meta.index.tolist()], bool)
    clean_places = np.array([places[index] for index in meta.index[clean].tolist()], np.int64)
    there = np.flatnonzero(fold != UNJUDGED)
    renumbered = np.searchsorted(there, clean_places)
    panel = Panel(
        probabilities[there],
        features[there],
        fold[there],
        described.part(there),
        copy_of[there],
        renumbered,
        meta.labels[clean],
    )
    return panel, [one.epochs for one in judged]
