"""Cross-validation of classification: out-of-fold probabilities of every training sample, an ensemble on the others."""

from typing import Any

import numpy as np

from l2b_cls.audit.findings.copies import copies, joined
from l2b_cls.audit.findings.pictures import describe
from l2b_cls.audit.judges.crossfit import cut_samples
from l2b_cls.metrics.sample_metrics import DEFINITIONS, classification_metrics
from l2b_cls.metrics.summary import Summary
from l2b_cls.prediction.classifier import load_run, probabilities_of
from l2b_cls.prediction.write_table import write_predictions
from l2b_cls.run_data import RunData, write_run_data
from l2b_data.files.atomic import write_text
from l2b_data.files.table import table_text
from l2b_run.audit.folds import Fold
from pipelines.folds.cross_validate import CrossValidation, FoldedTask, fold_rows
from pipelines.plan.classification import CLASSIFICATION
from pipelines.plan.request import Say

PROBABILITIES = "probabilities.csv"
_METRICS = ("accuracy", "balanced_accuracy", "auc")
_DEFINITIONS = {
    "folds": "test_accuracy: of the evaluated samples, by the fold's run; out_of_fold_accuracy: of those it held out",
    "out_of_fold": "each training sample by the run that held it out, against its given label, which may be wrong",
    "ensemble": "test: the evaluated samples, by the mean of all runs' probabilities",
}


def _judge(cross: CrossValidation[RunData], say: Say) -> dict[str, Any]:
    """Write probabilities.csv, as `audit --probabilities` takes it, and predictions.csv; the summary.

    A training sample is predicted by the run that held it out; others of the split train (that judge, or were excluded
    or set aside) and the evaluated ones by the mean of all.
    """
    data, out = cross.plan.data, cross.plan.out
    images = data.images
    members = [load_run(run, cross.plan.device) for run in cross.runs]
    rest = np.setdiff1d(np.union1d(images.indices("train"), data.evaluation), data.train)
    by_number = np.zeros((len(images), len(images.classes)))
    for fold, member in zip(cross.folds, members, strict=True):
        held = data.train[fold.held_out]
        say(f"fold {fold.number}: {len(held)} samples it held out, {len(rest)} others")
        by_number[held] = probabilities_of(member, images, held)
        by_number[rest] += probabilities_of(member, images, rest) / len(members)
    index = np.union1d(images.indices("train"), data.train)
    rows = zip(index.tolist(), by_number[index].tolist(), strict=True)
    write_text(out / PROBABILITIES, table_text(("index", *images.classes), ((one, *row) for one, row in rows)))
    write_predictions(
        out / "predictions.csv",
        index=data.evaluation,
        names=[images.names[one] for one in data.evaluation.tolist()],
        labels=data.evaluation_labels,
        probabilities=by_number[data.evaluation],
    )
    return _summary(cross, by_number)


def _summary(cross: CrossValidation[RunData], by_number: np.ndarray) -> dict[str, Any]:
    data = cross.plan.data
    found = by_number[data.train]
    of_runs = [Summary.read(run / "summary.json") for run in cross.runs]
    scores = [
        {
            "test_accuracy": tested.test.last.accuracy,
            "out_of_fold_accuracy": classification_metrics(found[held], data.given[held])["accuracy"],
        }
        for tested, held in zip(of_runs, (fold.held_out for fold in cross.folds), strict=True)
    ]
    first = of_runs[0]
    return {
        "method": first.method,
        "meta_source": first.meta_source,
        "noise": data.noise["noise"],
        "effective_noise": data.noise["effective_rate"],
        "seed": first.seed,
        "preset": first.preset,
        "classes": list(data.images.classes),
        "n_evaluation": len(data.evaluation),
        "test": classification_metrics(by_number[data.evaluation], data.evaluation_labels),
        "folds": fold_rows(cross, scores),
        "out_of_fold": {"n": len(data.train), **classification_metrics(found, data.given)},
        "train_seconds": sum(one.train_seconds or 0 for one in of_runs),
        "definitions": {name: DEFINITIONS[name] for name in _METRICS} | _DEFINITIONS,
    }


def _cut(data: RunData, count: int, seed: int) -> list[Fold]:
    """Folds in which samples of one group, or of one picture, stay together, as the audit of a run cuts them."""
    groups = [data.images.groups[one] for one in data.train.tolist()]
    return cut_samples(data.given, joined(groups, copies(describe(data.images, data.train))), count, seed)


def _part(data: RunData, fold: Fold) -> RunData:
    """The data of a fold's run; meta samples that it holds out judge in none, for their labels are theirs."""
    meta = np.flatnonzero(~np.isin(data.meta, data.train[fold.held_out]))
    return data.part(fold.train, meta=meta)


FOLDED_CLASSIFICATION = FoldedTask(
    planner=CLASSIFICATION,
    ids=lambda data: data.train.tolist(),
    others=lambda data: np.setdiff1d(np.arange(len(data.images)), data.train).tolist(),
    cut=_cut,
    part=_part,
    write_data=write_run_data,
    judge=_judge,
)
