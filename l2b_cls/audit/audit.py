"""The audit of a run's training labels: networks that did not see them, one ranking, files."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.baselines import cleanlab_opinion, given_losses
from l2b_cls.audit.crossfit import cut_samples, fold_network
from l2b_cls.audit.label_posterior import LabelPosterior, label_posterior
from l2b_cls.audit.write_audit import write_audit
from l2b_cls.batches.sample_batches import Samples
from l2b_cls.config import Settings
from l2b_cls.prediction.classifier import load_run, probabilities_of
from l2b_cls.recipe import read_settings
from l2b_cls.run_data import RunData
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions, Judged, cross_fit
from l2b_run.audit.quality import detection_quality, flag_quality


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
    options.say("[1/2] ranking")
    posterior = label_posterior(probabilities, given.labels)
    columns = _columns(given, probabilities, posterior, fold)
    options.say("[2/2] baselines")
    losses, opinion = given_losses(probabilities, given.labels), cleanlab_opinion(probabilities, given.labels)
    columns["loss"] = losses
    scores, flags = {"score": posterior.log_odds, "loss": losses}, {"score": columns["flagged"]}
    if opinion is not None:
        columns["cleanlab"], columns["cleanlab_flagged"] = opinion
        scores["cleanlab"], flags["cleanlab"] = opinion
    truth = _add_truth(data, posterior, columns, scores, flags)
    order = np.argsort(-posterior.log_odds, kind="stable")
    result = {
        "run": run.resolve().name,
        "method": settings.method,
        "noise": data.noise,
        **options.record(epochs),
        "n": len(given),
        "flagged": int(columns["flagged"].sum()),
        "classes": given.source.classes,
        "temperature": posterior.temperature,
        "transition": posterior.transition.round(6).tolist(),
        "truth": truth,
    }
    return write_audit(out, result, {name: values[order] for name, values in columns.items()}, given.source.classes)


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


def _columns(
    given: Samples, probabilities: np.ndarray, posterior: LabelPosterior, fold: np.ndarray
) -> dict[str, np.ndarray]:
    labels, predicted = given.labels, probabilities.argmax(1)
    own = np.take_along_axis(posterior.posterior, labels[:, None], 1)[:, 0]
    return {
        "index": given.index,
        "name": np.array([given.source.names[index] for index in given.index.tolist()], object),
        "given": labels,
        "proposed": posterior.proposed,
        "score": np.clip(1 - own, 0, 1),
        "flagged": posterior.proposed != labels,
        "probability_given": np.take_along_axis(probabilities, labels[:, None], 1)[:, 0],
        "predicted": predicted,
        "probability_predicted": probabilities.max(1),
        "fold": fold,
    }


def _add_truth(
    data: RunData,
    posterior: LabelPosterior,
    columns: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    flags: dict[str, np.ndarray],
) -> dict[str, Any] | None:
    """How good the ranking is, beside the baselines, over the samples whose clean label is known.

    None where none is known, or no given label differs from it.
    """
    known = data.clean >= 0
    given, clean = data.given[known], data.clean[known]
    wrong = clean != given
    if not wrong.any():
        return None
    columns["clean"] = data.clean
    counts = np.zeros(posterior.transition.shape)
    np.add.at(counts, (clean, given), 1)
    return {
        "known": int(known.sum()),
        "wrong": int(wrong.sum()),
        "given_accuracy": float(1 - wrong.mean()),
        "proposal_accuracy": float((posterior.proposed[known] == clean).mean()),
        "ranking": {name: detection_quality(score[known], wrong) for name, score in scores.items()},
        "flags": flag_quality({name: flagged[known] for name, flagged in flags.items()}, wrong),
        "transition": (counts / np.maximum(counts.sum(1, keepdims=True), 1)).round(6).tolist(),
    }
