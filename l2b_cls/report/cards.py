"""The training samples of a report whose given label a run disbelieved, or trusted against the network."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from l2b_cls.report.pictures import picture_uris, trained_images
from l2b_cls.report.run_record import RunRecord
from l2b_cls.report.weights import recent_weights
from l2b_cls.sample_log.file import SampleLog
from l2b_data.samples.noisy_labels import NoisyLabelTable
from l2b_run.report.decisions import choices

IN_SAMPLE = "p(given), in-sample"
_LONG_BAR = 4.0  # weight at which a bar is full where weights pass 1, as eq. 8-9 make them
_TRUSTED_SHARE = 3  # one in so many cards is of a label trusted against the network
_BY_AUDIT = "Ranked by the audit, judged by {}."
_WEIGHTS = " alpha and beta are this run's."
_BY_LOSS = "Ranked by the loss of the given label under the run's own network, which was trained on these labels."


def judged_by(audit: Mapping[str, Any]) -> str:
    """Which networks an audit's ranking comes from, in words."""
    return str(audit.get("definitions", {}).get("judged_by", "the networks of the audit"))


def sample_deck(
    label: str, run: RunRecord, *, limit: int, batch: int = 1, review: bool = False
) -> dict[str, Any] | None:
    """The cards of a run for the page: label, how (ranked), note, cards.

    batch: samples a training batch; weights are shown as multiples of 1 / batch, what each has in plain training.
    review: the audit's ranking alone, to decide on.
    A card: rank, name, given, said and by (what that label is), clean, truth ("wrong", "right", "" where the clean
    label is not known), kind ("distrusted", "trusted"), numbers, alpha and beta (None: the method has none), image (a
    PNG data URI, None where the data set has gone), choices (what can be decided). None where the run logged nothing of
    its training samples.
    """
    labels, audit = run.labels, run.audit
    log = run.log if run.log is not None and len(run.log.epoch) else None
    if labels is None or not len(labels.index) or limit < 1:
        return None
    weights = recent_weights(run, batch)
    picked = _picked(labels, log, audit, None if review else weights, limit)
    if not picked:
        return None
    images, note = trained_images(run)
    names = images.classes if images is not None else run.summary.classes
    uris = picture_uris(images, [int(labels.index[place]) for place, _ in picked])
    audited = {} if audit is None else {row["index"]: row for row in audit["samples"]}
    ranks = {kind: count(1) for kind in ("distrusted", "trusted")}
    cards = []
    for (place, kind), uri in zip(picked, uris, strict=True):
        index = int(labels.index[place])
        row = audited.get(index)
        own = row is None or bool(audit and audit.get("in_sample"))
        labelled = _labels(labels, log, place, names, row, in_sample=own)
        card = {"rank": next(ranks[kind]), "kind": kind, "image": uri, **labelled}
        card["name"] = str(row["name"]) if row else images.names[index] if images is not None else str(index)
        # to use the given label is to keep it
        other = row is not None and row["proposed"] not in (None, "", row["given"])
        card["choices"] = choices("label", proposal=other)
        card["alpha"], card["beta"] = (None, None) if weights is None else (float(one[place]) for one in weights)
        cards.append(card)
    how = _BY_LOSS if audit is None else _BY_AUDIT.format(judged_by(audit)) + (_WEIGHTS if weights is not None else "")
    return {"label": label, "how": how, "note": note, "cards": cards}


def bar_end(decks: Sequence[dict[str, Any]]) -> float:
    """Weight, in multiples of a sample's in plain training, at which a bar of alpha or beta of these decks is full."""
    weights = (card[name] for deck in decks for card in deck["cards"] for name in ("alpha", "beta"))
    return _LONG_BAR if any(weight is not None and weight > 1 for weight in weights) else 1.0


def _picked(
    labels: NoisyLabelTable,
    log: SampleLog | None,
    audit: dict[str, Any] | None,
    weights: tuple[np.ndarray, np.ndarray] | None,
    limit: int,
) -> list[tuple[int, str]]:
    """(place in the training samples, kind) of the cards: ranked by the audit, or by the loss where there is none.

    Not by the weights: on digits with 36 % wrong labels, beta - alpha of an epoch found them with AUC 0.84, the loss
    with 0.99 (a single step's weights go to samples that are hard, whatever their label).
    """
    trusted: list[int] = []
    if log is not None and weights is not None:
        alpha, beta = weights
        disputed = np.flatnonzero(log.predicted[-1] != labels.given)
        order = disputed[np.argsort((beta - alpha)[disputed], kind="stable")]
        trusted = [place for place in order[: limit // _TRUSTED_SHARE].tolist() if alpha[place] > beta[place]]
    ranked: list[int] = []
    if audit is not None:
        places = {index: place for place, index in enumerate(labels.index.tolist())}
        ranked = [places[row["index"]] for row in audit["samples"] if row["index"] in places]
    elif log is not None:
        ranked = np.argsort(-log.loss[-1], kind="stable").tolist()
    distrusted = ranked[: limit - len(trusted)]
    return [(place, "distrusted") for place in distrusted] + [(place, "trusted") for place in trusted]


def _labels(
    labels: NoisyLabelTable,
    log: SampleLog | None,
    place: int,
    names: Sequence[str],
    row: dict[str, Any] | None,
    *,
    in_sample: bool,
) -> dict[str, Any]:
    """given, said, by, clean and truth of a card, and its numbers; row: the sample's in the audit.

    in_sample: the run's own network gave the probability of the given label.
    """
    given, clean = int(labels.given[place]), int(labels.clean[place])
    numbers, said = [], "–"
    if row is not None:
        numbers += [
            (IN_SAMPLE if in_sample else "p(given)", f"{row['probability_given']:.3f}"),
            ("suspicion", f"{row['score']:.3f}"),
        ]
        numbers += [("reason", str(row["reason"]))] if row.get("reason") else []
        said = str(row["proposed"] or "–")
    elif log is not None:
        numbers.append((IN_SAMPLE, f"{log.probability[-1, place]:.3f}"))
        said = _name(names, int(log.predicted[-1, place]))
    return {
        "given": _name(names, given),
        "said": said,
        "by": "pseudo" if row is None else "proposed",
        "clean": _name(names, clean) if clean >= 0 else "",
        "truth": "" if clean < 0 else "right" if clean == given else "wrong",
        "numbers": numbers,
    }


def _name(names: Sequence[str], label: int) -> str:
    return names[label] if label < len(names) else str(label)
