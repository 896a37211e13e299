"""The audit of a run's training labels: networks that did not see them, one ranking, files."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.crossfit import cut_samples, fold_network
from l2b_cls.audit.rank_labels import GivenLabels, rank_labels
from l2b_cls.batches.sample_batches import Samples
from l2b_cls.config import Settings
from l2b_cls.prediction.classifier import load_run, probabilities_of
from l2b_cls.recipe import read_settings
from l2b_cls.run_data import RunData
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions, Judged, cross_fit


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
    probabilities, fold, epochs = _judged(run, settings, data, given, options)
    record = {"run": run.resolve().name, "method": settings.method, "noise": data.noise, **options.record(epochs)}
    labels = GivenLabels(given, data.clean, fold, data.mistakes)
    return rank_labels(labels, probabilities, out, record, say=options.say)


def _judged(
    run: Path, settings: Settings, data: RunData, given: Samples, options: AuditOptions
) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Probabilities (n, K) of every training sample, the fold that judged it (n,), and the networks' epochs."""
    meta = Samples(data.images, data.meta, data.meta_labels)
    groups = [data.images.groups[index] for index in data.train.tolist()]

    def own() -> Judged[np.ndarray]:
        probabilities = probabilities_of(load_run(run, options.device), data.images, data.train)
        return Judged(None, np.arange(len(given)), probabilities, settings.epochs)

    cut = partial(cut_samples, given.labels, groups, seed=settings.seed)
    network_of = partial(fold_network, settings=settings, given=given, meta=meta, options=options)
    found, fold = np.zeros((len(given), len(settings.task.classes))), np.full(len(given), -1)
    epochs = []
    for judged in cross_fit(run, options, cut=cut, network_of=network_of, own=own):
        found[judged.held_out] = judged.found
        if judged.fold is not None:
            fold[judged.held_out] = judged.fold
        epochs.append(judged.epochs)
    return found, fold, epochs
