"""Cross-validation of segmentation: out-of-fold probabilities of every training case, an ensemble on the test cases."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.label_map import case_labels, label_values
from l2b_data.files.atomic import write_json
from l2b_data.images.volume import read_volume
from l2b_run.audit.folds import Fold
from l2b_seg.audit.judges.crossfit import cut_cases
from l2b_seg.metrics.case_metrics import case_class_metrics
from l2b_seg.metrics.summarise import summarise
from l2b_seg.metrics.summary import Summary
from l2b_seg.prediction.ensemble import Ensemble
from l2b_seg.prediction.paths import output_paths
from l2b_seg.prediction.predict import predict
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.run_data import RunData
from pipelines.folds.cross_validate import CrossValidation, FoldedTask, fold_rows
from pipelines.plan.request import Say
from pipelines.plan.segmentation import SEGMENTATION

PREDICTIONS = "predictions"
_DEFINITIONS = {
    "folds": "test_dice: of the test cases, by the fold's run; out_of_fold_dice: of the cases it held out",
    "out_of_fold": "each training case by the run that held it out, against its given mask, which may be wrong",
    "ensemble": "mean and metric_per_case: of the test cases, by the mean of all runs' probabilities",
}


def _judge(cross: CrossValidation[RunData], say: Say) -> dict[str, Any]:
    """Write predictions/CASE.nii.gz and CASE_probability.*, as `audit --predictions` takes them; the summary.

    A training case is predicted by the run that held it out; cases that no run has seen, the test cases and those that
    were excluded, by the mean of all.
    """
    data, runs = cross.plan.data, cross.runs
    members = [load_run(run, cross.plan.device) for run in runs]
    held = [[data.train[place] for place in fold.held_out] for fold in cross.folds]
    unseen = [case for case in data.dataset.splits["train"] if case not in {*data.train, *data.meta, *data.evaluation}]
    masks, failed = dict[str, Path](), dict[str, str]()
    judges: list[Predictor | Ensemble] = [*members, Ensemble(tuple(members))]
    for judge, cases in zip(judges, [*held, data.evaluation + unseen], strict=True):
        _predict(judge, data.dataset, cases, cross.plan.out / PREDICTIONS, masks, failed, say)
    own = [_measured(data.dataset, masks, cases, data.labels) for cases in held]
    out_of_fold = _measured(data.dataset, masks, data.train, data.labels)
    ensemble = _measured(data.dataset, masks, data.evaluation, CLEAN_LABELS)
    of_runs = [Summary.read(run / "summary.json") for run in runs]
    scores = [
        {"test_dice": tested.mean["dice"], "out_of_fold_dice": found.mean["dice"]}
        for tested, found in zip(of_runs, own, strict=True)
    ]
    first = of_runs[0]
    summary = replace(
        ensemble,
        method=first.method,
        meta_source=first.meta_source,
        method_text=first.method_text,
        noise=data.noise,
        seed=first.seed,
        preset=first.preset,
        train_seconds=sum(one.train_seconds or 0 for one in of_runs),
        failed=failed or None,
        definitions=ensemble.definitions | _DEFINITIONS,
    )
    means = {"labels": data.labels, "n_cases": out_of_fold.n_cases, "mean": out_of_fold.mean}
    rows = [row.to_json() for row in out_of_fold.metric_per_case]
    return summary.to_json() | {
        "folds": fold_rows(cross, scores),
        "out_of_fold": {**means, "metric_per_case": rows},
    }


def _predict(
    member: Predictor | Ensemble,
    dataset: Dataset,
    cases: Sequence[str],
    out: Path,
    masks: dict[str, Path],
    failed: dict[str, str],
    say: Say,
) -> None:
    """Predict cases into the folder `out`; the files of their masks go into `masks`, broken ones into `failed`."""
    inputs = {case: dataset.image_paths(case) for case in cases}
    outputs = output_paths(inputs, out, classes=len(dataset.classes), probabilities=True)
    result = predict(member, inputs, outputs, say=say)
    masks |= {case: outputs[case].mask for case in result.written}
    failed |= result.failed


def _measured(dataset: Dataset, masks: Mapping[str, Path], cases: Sequence[str], labels: str) -> Summary:
    """The summary of predicted masks, those there are, against the masks in folder `labels`."""
    found = {}
    classes = {name: value for value, name in enumerate(dataset.classes, 1)}
    for case in cases:
        if case in masks:
            reference = case_labels(dataset, case, labels)
            predicted = label_values(masks[case], read_volume(masks[case]).array, dataset.values)
            spacing = reference.spacing_mm if dataset.spacing_unit == "mm" else (1.0, 1.0, 1.0)
            found[case] = case_class_metrics(predicted, reference.array, spacing, classes)
    return summarise(found, unit="mm" if dataset.spacing_unit == "mm" else "voxel", tolerance=None, classes=classes)


def _cut(data: RunData, count: int, seed: int) -> list[Fold]:
    return cut_cases(data.train, data.dataset.groups, count, seed)


FOLDED_SEGMENTATION = FoldedTask(
    planner=SEGMENTATION,
    ids=lambda data: data.train,
    others=lambda data: [case for case in data.dataset.cases if case not in data.train],
    cut=_cut,
    part=lambda data, fold: replace(data, train=[data.train[place] for place in fold.train]),
    write_data=lambda out, data: write_json(out / "split.json", data.record()),
    judge=_judge,
)
