"""From what networks say of the given labels to one ranking, its baselines and the files of an audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from l2b_cls.audit.baselines import cleanlab_opinion, given_losses
from l2b_cls.audit.label_posterior import LabelPosterior, label_posterior
from l2b_cls.audit.write_audit import write_audit
from l2b_cls.batches.sample_batches import Samples
from l2b_run.audit.quality import detection_quality, flag_quality


@dataclass(frozen=True)
class GivenLabels:
    """Samples with the labels that are judged, and what is told of them, (n,) each.

    clean: int64, the clean labels, -1: unknown; read after the ranking. fold: int64, the network that judged a sample,
    -1: the run's own, or one from elsewhere. mistakes: str, the mistake planted in a label, "" for none; None where no
    mistakes were planted.
    """

    given: Samples
    clean: np.ndarray = field(repr=False)
    fold: np.ndarray = field(repr=False)
    mistakes: np.ndarray | None = field(default=None, repr=False)


def rank_labels(
    of: GivenLabels,
    probabilities: np.ndarray,
    out: Path,
    record: Mapping[str, Any],
    *,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Rank given labels by suspicion, by probabilities (n, K), and write audit.csv and audit.json into `out`.

    record: what audit.json says of the judges, with the key in_sample (None: not known). `say` gets a line "[1/2] ..."
    a step. Returns what is in audit.json.
    """
    given = of.given
    say("[1/2] ranking")
    posterior = label_posterior(probabilities, given.labels)
    columns = _columns(given, probabilities, posterior, of.fold)
    say("[2/2] baselines")
    losses, opinion = given_losses(probabilities, given.labels), cleanlab_opinion(probabilities, given.labels)
    columns["loss"] = losses
    scores, flags = {"score": posterior.log_odds, "loss": losses}, {"score": columns["flagged"]}
    if opinion is not None:
        columns["cleanlab"], columns["cleanlab_flagged"] = opinion
        scores["cleanlab"], flags["cleanlab"] = opinion
    truth = _add_truth(of, posterior, columns, scores, flags)
    order = np.argsort(-posterior.log_odds, kind="stable")
    result = {
        **record,
        "n": len(given),
        "flagged": int(columns["flagged"].sum()),
        "classes": given.source.classes,
        "temperature": posterior.temperature,
        "transition": posterior.transition.round(6).tolist(),
        "truth": truth,
    }
    return write_audit(out, result, {name: values[order] for name, values in columns.items()}, given.source.classes)


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
    of: GivenLabels,
    posterior: LabelPosterior,
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
    counts = np.zeros(posterior.transition.shape)
    np.add.at(counts, (of.clean[known], given[known]), 1)
    scores = {name: score[sure] for name, score in scores.items()}
    return {
        "known": int(sure.sum()),
        "wrong": int(wrong.sum()),
        "given_accuracy": float((given == of.clean)[known].mean()),
        "proposal_accuracy": float((posterior.proposed == of.clean)[known].mean()),
        "ranking": {name: detection_quality(score, wrong) for name, score in scores.items()},
        **({} if of.mistakes is None else {"kinds": _by_kind(of.mistakes[sure], wrong, scores)}),
        "flags": flag_quality({name: flagged[sure] for name, flagged in flags.items()}, wrong),
        "transition": (counts / np.maximum(counts.sum(1, keepdims=True), 1)).round(6).tolist(),
    }


def _by_kind(mistakes: np.ndarray, wrong: np.ndarray, scores: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Of each planted mistake how many labels have it, and how well every ranking tells them from the right ones."""
    found = {}
    for kind in sorted(set(mistakes[wrong].tolist()) - {""}):
        of_kind = wrong & (mistakes == kind)
        seen = of_kind | ~wrong
        quality = {name: detection_quality(score[seen], of_kind[seen]) for name, score in scores.items()}
        found[kind] = {"wrong": int(of_kind.sum()), "ranking": quality}
    return found
