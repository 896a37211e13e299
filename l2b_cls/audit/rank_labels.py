"""From what networks say of the given labels to one ranking, its baselines and the files of an audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.baselines import cleanlab_opinion, given_losses
from l2b_cls.audit.judges.quality import judges_quality
from l2b_cls.audit.list_findings import list_findings
from l2b_cls.audit.panel import Panel
from l2b_cls.audit.propose import propose
from l2b_cls.audit.verdict import Verdict, weigh
from l2b_cls.audit.write_audit import write_audit
from l2b_cls.batches.sample_batches import Samples
from l2b_run.audit.quality import detection_quality, flag_quality


@dataclass(frozen=True)
class GivenLabels:
    """Samples with the labels that are judged, and what is told of them, (n,) each.

    clean: int64, the clean labels, -1: unknown; read after the ranking. mistakes: str, the mistake planted in a label,
    "" for none; None where no mistakes were planted. columns: further label columns of them, -1 for none.
    """

    given: Samples
    clean: np.ndarray = field(repr=False)
    mistakes: np.ndarray | None = field(default=None, repr=False)
    columns: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)


def rank_labels(
    of: GivenLabels,
    panel: Panel,
    out: Path,
    record: Mapping[str, Any],
    *,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Rank given labels by suspicion, by what a panel says of them, and write audit.csv and audit.json into `out`.

    record: what audit.json says of the judges, with the key in_sample (None: not known). `say` gets a line "[3/4] ..."
    a step. Returns what is in audit.json.
    """
    given, classes = of.given, of.given.source.classes
    probabilities = panel.probabilities[: len(given)]
    clean_probabilities = panel.probabilities[panel.clean_places]
    quality = judges_quality(
        probabilities, given.labels, clean_probabilities=clean_probabilities, clean=panel.clean, classes=classes
    )
    say("[3/4] ranking")
    evidence = panel.evidence(given, of.columns)
    verdict = weigh(evidence)
    proposed = propose(
        verdict.joint,
        given.labels,
        probabilities.argmax(1),
        clean_joint=verdict.clean_joint,
        clean=panel.clean,
        clean_predicted=clean_probabilities.argmax(1),
        prior=verdict.confusions.counts.sum(1) / len(given),
    )
    columns = _columns(given, probabilities, verdict, proposed, panel.fold)
    say("[4/4] baselines")
    losses, opinion = given_losses(probabilities, given.labels), cleanlab_opinion(probabilities, given.labels)
    columns["loss"] = losses
    scores, flags = {"score": verdict.log_odds, "loss": losses}, {"score": columns["flagged"]}
    if opinion is not None:
        columns["cleanlab"], columns["cleanlab_flagged"] = opinion
        scores["cleanlab"], flags["cleanlab"] = opinion
    truth = _add_truth(of, proposed, columns, scores, flags)
    order = np.argsort(-verdict.log_odds, kind="stable")
    result = {
        **record,
        "n": len(given),
        "judges": quality,
        "flagged": int(columns["flagged"].sum()),
        "classes": classes,
        "wrong": verdict.calibration.wrong,
        **list_findings(evidence, verdict, columns["name"].tolist(), classes),
        "transition": _shares(verdict.joint, given.labels).round(6).tolist(),
        "truth": truth,
    }
    return write_audit(out, result, {name: values[order] for name, values in columns.items()}, classes)


def _shares(joint: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(K, K), rows sum to 1: estimated share of a class (row) that was given a label (column), one pseudo-count."""
    size = joint.shape[1]
    counts = np.full((size, size), 1 / size)
    np.add.at(counts.T, given, joint)
    return np.asarray(counts / counts.sum(1, keepdims=True))


def _alternative(joint: np.ndarray, given: np.ndarray) -> np.ndarray:
    """(n,) int64, of the classes that were not given the one that has most for it."""
    others = joint.copy()
    np.put_along_axis(others, given[:, None], -1, 1)
    return np.asarray(others.argmax(1))


def _columns(
    given: Samples, probabilities: np.ndarray, verdict: Verdict, proposed: np.ndarray, fold: np.ndarray
) -> dict[str, np.ndarray]:
    labels, predicted = given.labels, probabilities.argmax(1)
    named = np.array(["block" in text or "outlier" in text or "copies" in text for text in verdict.reasons.tolist()])
    return {
        "index": given.index,
        "name": np.array([given.source.names[index] for index in given.index.tolist()], object),
        "given": labels,
        "proposed": proposed,
        "alternative": _alternative(verdict.joint, labels),
        "score": 1 / (1 + np.exp(-np.clip(verdict.log_odds, -500, 500))),
        "flagged": (proposed != labels) | (named & (verdict.log_odds > 0)),
        "reason": verdict.reasons,
        "probability_given": np.take_along_axis(probabilities, labels[:, None], 1)[:, 0],
        "predicted": predicted,
        "probability_predicted": probabilities.max(1),
        "fold": fold[: len(given)],
    }


def _add_truth(
    of: GivenLabels,
    proposed: np.ndarray,
    columns: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    flags: dict[str, np.ndarray],
) -> dict[str, Any] | None:
    """How good the ranking is, beside the baselines, over the samples of which it is known whether the label is wrong.

    None where none is known, or no given label differs from it.
    """
    known, given = of.clean >= 0, of.given.labels
    foreign = np.zeros(len(given), bool) if of.mistakes is None else of.mistakes == "foreign"
    sure = known | foreign  # of a picture of no class the label is wrong, and none is right
    wrong = (of.clean != given)[sure]
    if not known.any() or not wrong.any():
        return None
    columns["clean"] = of.clean
    if of.mistakes is not None:
        columns["kind"] = of.mistakes.astype(object)
    size = len(of.given.source.classes)
    counts = np.zeros((size, size))
    np.add.at(counts, (of.clean[known], given[known]), 1)
    scores = {name: score[sure] for name, score in scores.items()}
    return {
        "known": int(sure.sum()),
        "wrong": int(wrong.sum()),
        "given_accuracy": float((given == of.clean)[known].mean()),
        "proposal_accuracy": float((proposed == of.clean)[known].mean()),
        "given_balanced_accuracy": _balanced(given[known], of.clean[known]),
        "proposal_balanced_accuracy": _balanced(proposed[known], of.clean[known]),
        "ranking": {name: detection_quality(score, wrong) for name, score in scores.items()},
        **({} if of.mistakes is None else {"kinds": _by_kind(of.mistakes[sure], wrong, scores)}),
        "flags": flag_quality({name: flagged[sure] for name, flagged in flags.items()}, wrong),
        "transition": (counts / np.maximum(counts.sum(1, keepdims=True), 1)).round(6).tolist(),
    }


def _balanced(labels: np.ndarray, clean: np.ndarray) -> float:
    """Mean over the classes of the share of their samples that have the right label."""
    return float(np.mean([(labels[clean == label] == label).mean() for label in np.unique(clean)]))


def _by_kind(mistakes: np.ndarray, wrong: np.ndarray, scores: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Of each planted mistake how many labels have it, and how well every ranking tells them from the right ones."""
    found = {}
    for kind in sorted(set(mistakes[wrong].tolist()) - {""}):
        of_kind = wrong & (mistakes == kind)
        seen = of_kind | ~wrong
        quality = {name: detection_quality(score[seen], of_kind[seen]) for name, score in scores.items()}
        found[kind] = {"wrong": int(of_kind.sum()), "ranking": quality}
    return found
