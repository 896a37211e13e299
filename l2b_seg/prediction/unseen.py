"""The network that judges a case it did not see, and how sure it may be: what trust is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_data.files.shorten import counted
from l2b_run.audit.kept_fold import RECORD
from l2b_seg.prediction.case_under_network import case_under_network
from l2b_seg.prediction.predictor import Predictor, load_run
from l2b_seg.prediction.trained_run import TrainedRun
from l2b_seg.prediction.trust import temperature

_CASES, _PIXELS = 8, 50_000  # that a temperature is fitted on, pixels of each


@dataclass(frozen=True)
class UnseenBy:
    """A network and the cases whose masks it has learnt from or been judged by."""

    name: str
    predictor: Predictor = field(repr=False)
    saw: frozenset[str]


def unseen_by(run: TrainedRun, case: str) -> UnseenBy | None:
    """A network that did not see `case`: the run's own, else the audit's newest finished one; None where all did.

    Those of an audit lie in run/audit/fold_*. Raises DataError where one cannot be loaded.
    """
    saw = frozenset({*run.train, *run.meta})
    if case not in saw:
        return UnseenBy("the run's own network", run.predictor, saw)
    records = sorted((run.path / "audit").glob(f"fold_*/{RECORD}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in records:
        found = _finished(path)
        if found is not None and case not in found:
            return UnseenBy(
                f"the audit's network {path.parent.name}", load_run(path.parent, run.predictor.device), found
            )
    return None


def fitted_temperature(run: TrainedRun, network: UnseenBy, *, but: str) -> tuple[float, str]:
    """The temperature of a network's probabilities, and the clean cases it was fitted on, in words.

    On test cases, else on clean cases (meta) that the network did not see, at most eight, evenly spread; without any it
    is 1. but: a case that is left out, as its own trust is to be told. Cases without a usable mask are passed over.
    """
    for kind, cases in (("test", run.evaluation), ("clean", run.meta)):
        unseen = [case for case in cases if case != but and case not in network.saw]
        probability, labels = list[np.ndarray](), list[np.ndarray]()
        for case in _even(unseen):
            try:
                view = case_under_network(network.predictor, run.dataset, case, CLEAN_LABELS)
            except DataError:
                continue
            chosen = np.random.default_rng(0).integers(view.given.size, size=_PIXELS)
            probability.append(view.probability.reshape(len(view.probability), -1)[:, chosen])
            labels.append(view.given.ravel()[chosen])
        if labels:
            fitted = temperature(np.concatenate(probability, axis=1), np.concatenate(labels))
            return fitted, f"{counted(len(labels), f'{kind} case')}"
    return 1.0, "no clean case that the network did not see: as it says itself"


def _finished(path: Path) -> frozenset[str] | None:
    """The cases that the finished network of this fold.json saw; None of an unfinished one."""
    try:
        record = read_json_object(path, way_out="")
    except DataError:
        return None
    seen = record.get("sha256")
    return frozenset(seen) if record.get("finished") is True and isinstance(seen, dict) else None


def _even(cases: Sequence[str]) -> list[str]:
    places = np.linspace(0, len(cases) - 1, min(_CASES, len(cases))).round().astype(int)
    return [cases[place] for place in places]
