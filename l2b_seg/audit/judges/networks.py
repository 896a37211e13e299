"""The judges of a run: networks trained without the cases they judge, or the run's own network."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_run.audit.cross_fit import AuditOptions, FoldNetwork, Judged, cross_fit, judged_by
from l2b_run.audit.folds import Fold
from l2b_seg.audit.judges.crossfit import case_hashes, cut_cases, deal_meta, fold_network
from l2b_seg.audit.judges.judge import Judge, Panel
from l2b_seg.audit.outlook import Outlook, outlook_of
from l2b_seg.config import Settings
from l2b_seg.methods.table import METHODS
from l2b_seg.prediction.case_under_network import case_under_network
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.run_data import RunData

_WAY_OUT = (
    "Train the judges longer (--epochs), audit another run, look at the data (`l2b-seg check`), or train with a crop "
    "that holds the organ (slices.crop)."
)


def panel_of_run(run: Path, settings: Settings, data: RunData, audited: Sequence[str], options: AuditOptions) -> Panel:
    """The judges of the `audited` cases: of training, meta and evaluation cases.

    A training case is judged by the network of the fold that leaves it out. Meta cases are left out by turns where they
    are audited or nothing else clean is there to measure the judges by; one alone cannot be, and is judged in-sample by
    the mean of all networks, as evaluation cases are, which none has learnt from. With options.folds 0 the run's own
    network judges all. Networks are kept in run/audit. Raises ConfigError, DataError.
    """
    if not data.train:
        raise DataError(f"{run}: its split.json names no training case")
    meta = data.meta if METHODS[settings.method].clean_labels else []
    by_turns = not set(meta).isdisjoint(audited) or not data.evaluation
    left_out = deal_meta(meta, data.dataset.groups, options.folds, settings.seed) if by_turns else []
    networks = _networks(run, settings, data, left_out, options)
    judges, everyone = list[Judge](), frozenset([*data.train, *meta])
    for judged in networks:
        if judged.fold is None:
            judges.append(_judge(None, "the run's own network", [judged.found], data, audited, everyone))
            continue
        held_out = [*(data.train[place] for place in judged.held_out), *(left_out[judged.fold] if left_out else ())]
        name, cases = f"network {judged.fold + 1} of {options.folds}", [case for case in held_out if case in audited]
        judges.append(_judge(judged.fold, name, [judged.found], data, cases, everyone.difference(held_out)))
    judged_already = {case for judge in judges for case in judge.cases}
    if rest := [case for case in audited if case not in judged_already]:
        predictors = [judged.found for judged in networks]
        judges.append(_judge(None, "the mean of the networks", predictors, data, rest, everyone))
        for case in everyone.intersection(rest):
            options.say(f"{case}: no other clean case could stand in for it: judged by networks that learnt from it")
    in_sample = options.folds == 0 and not everyone.isdisjoint(audited)
    text = judged_by(in_sample, "masks", "cases")
    if options.folds == 0 and not in_sample:
        text = "the run's own network, which did not learn from the cases it judges"
    record = options.record([judged.epochs for judged in networks]) | {"in_sample": in_sample}
    return Panel(judges, text, _WAY_OUT, record)


def look_at(predictors: Sequence[Predictor], dataset: Dataset, case: str, folder: str) -> Outlook:
    """What the mean of some networks' probabilities says of the mask of `case` in `folder`; no other mask is read.

    Raises DataError where a file cannot be used.
    """
    mean: np.ndarray | None = None
    for predictor in predictors:
        view = case_under_network(predictor, dataset, case, folder)
        share = view.probability if len(predictors) == 1 else view.probability / len(predictors)
        mean = share if mean is None else mean + share
    assert mean is not None
    return outlook_of(dataset, case, view.mask, mean, predictors[0].options.plane)


def _judge(
    fold: int | None,
    name: str,
    predictors: Sequence[Predictor],
    data: RunData,
    cases: Iterable[str],
    learnt: frozenset[str],
) -> Judge:
    clean = {
        "test": [case for case in data.evaluation if case not in learnt],
        "meta left out": [case for case in data.meta if case not in learnt],
    }
    return Judge(fold, name, partial(look_at, predictors, data.dataset), list(cases), learnt, clean)


def _networks(
    run: Path, settings: Settings, data: RunData, left_out: Sequence[Sequence[str]], options: AuditOptions
) -> list[Judged[Predictor]]:
    """The networks of the folds, or the run's own; left_out: of each fold, the meta cases it does without."""

    def own() -> Judged[Predictor]:
        return Judged(None, np.arange(len(data.train)), load_run(run, options.device), settings.epochs)

    def network_of(fold: Fold) -> FoldNetwork[Predictor]:
        without = left_out[fold.number] if left_out else ()
        kept = replace(data, meta=[case for case in data.meta if case not in without])
        return fold_network(fold, settings, kept, hashes, options)

    cut = partial(cut_cases, data.train, data.dataset.groups, seed=settings.seed)
    hashes = case_hashes(data) if options.folds else {}
    beside = "_meta" if left_out else ""
    return list(cross_fit(run, options, cut=cut, network_of=network_of, own=own, beside=beside))
