"""The training samples of a report whose given label a run disbelieved, or trusted against the network."""

import base64
import io
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from l2b_cls.report.run_record import RunRecord
from l2b_data.errors import L2BError
from l2b_data.samples.image_set import ImageSet, open_image_set
from l2b_run.report.curves import curve_panels
from l2b_run.report.style import run_line

_LONG_BAR = 4.0  # weight at which a bar is full where weights pass 1, as eq. 8-9 make them

_MAX_SIDE = 160  # pixels a side of a picture in the page
_RECENT = 5  # logged epochs whose weights are averaged: one epoch's are those of one batch
_TRUSTED_SHARE = 3  # one in so many cards is of a label trusted against the network
_BY_AUDIT = "Ranked by the audit, by networks that had not seen the label. alpha and beta are this run's."
_BY_LOSS = "Ranked by the loss of the given label under the run's own network, which was trained on these labels."


def sample_deck(label: str, run: RunRecord, *, limit: int, batch: int = 1) -> dict[str, Any] | None:
    """The cards of a run for the page: label, how (ranked), note, said (what the second label is), cards.

    batch: samples a training batch; weights are shown as multiples of 1 / batch, what each has in plain training.
    A card: rank, name, given, said, clean, truth ("wrong", "right", "" where the clean label is not known), kind
    ("distrusted", "trusted"), numbers, alpha and beta (None: the method has none), image (a PNG data URI, None where
    the data set has gone). None where the run logged nothing of its training samples.
    """
    if run.labels is None or (run.log is None and run.audit is None) or not len(run.labels.index) or limit < 1:
        return None
    images, note = _images(run)
    alpha, beta = _recent_weights(run, batch)
    picked, how = _picked(run, limit, alpha, beta)
    if not picked:
        return None
    uris = _pictures(images, [run.labels.index[place] for place, _ in picked])
    names = images.classes if images is not None else run.summary.classes
    proposed = _proposed(run)
    ranks = {kind: count(1) for kind in ("distrusted", "trusted")}
    cards = [
        {
            "rank": next(ranks[kind]),
            "kind": kind,
            "image": uri,
            **_card(run, place, names, images, proposed),
            "alpha": None if alpha is None else float(alpha[place]),
            "beta": None if beta is None else float(beta[place]),
        }
        for (place, kind), uri in zip(picked, uris, strict=True)
    ]
    said = "proposed" if run.audit is not None else "pseudo"
    return {"label": label, "how": how, "note": note, "said": said, "cards": cards}


def bar_end(decks: Sequence[dict[str, Any]]) -> float:
    """Weight, in multiples of a sample's in plain training, at which a bar of alpha or beta of these decks is full."""
    weights = (card[name] for deck in decks for card in deck["cards"] for name in ("alpha", "beta"))
    return _LONG_BAR if any(weight is not None and weight > 1 for weight in weights) else 1.0


def weight_panels(label: str, run: RunRecord, *, batch: int = 1) -> dict[str, Any] | None:
    """Mean alpha and beta against the epoch, of samples whose given label is right and of those where it is wrong.

    label, legend (name, line) and panels for the page; None without weights, or where no clean label is known.
    """
    if run.log is None or run.labels is None or not np.isfinite(run.log.alpha).any():
        return None
    known = run.labels.clean >= 0
    wrong = known & (run.labels.clean != run.labels.given)
    if not wrong.any() or not (known & ~wrong).any():
        return None
    curves = [
        ("alpha", "alpha: weight of the given label; 1 is plain training"),
        ("beta", "beta: weight of the pseudo-label; 1 is plain training"),
    ]
    kinds = [("given label right", known & ~wrong), ("given label wrong", wrong)]
    rows = [(name, _mean_rows(run, chosen, batch)) for name, chosen in kinds]
    panels = curve_panels(rows, curves)
    legend = [(name, run_line(number).record()) for number, (name, _) in enumerate(kinds)]
    return {"label": label, "legend": legend, "panels": panels} if panels else None


def _mean_rows(run: RunRecord, chosen: np.ndarray, batch: int) -> list[dict[str, float | None]]:
    assert run.log is not None
    rows = []
    for place, epoch in enumerate(run.log.epoch.tolist()):
        row: dict[str, float | None] = {"epoch": epoch}
        for name in ("alpha", "beta"):
            values = getattr(run.log, name)[place][chosen]
            values = values[np.isfinite(values)]
            row[name] = float(values.mean() * batch) if len(values) else None
        rows.append(row)
    return rows


def _recent_weights(run: RunRecord, batch: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """alpha, beta (n,) of the last logged epochs, in multiples of 1 / batch, 0 for a sample without; None: no log."""
    if run.log is None:
        return None, None
    found = []
    for values in (run.log.alpha, run.log.beta):
        recent = values[-_RECENT:]
        logged = np.isfinite(recent)
        if not logged.any():
            return None, None
        found.append(np.where(logged, recent, 0).sum(0) / np.maximum(logged.sum(0), 1) * batch)
    return found[0], found[1]


def _picked(
    run: RunRecord, limit: int, alpha: np.ndarray | None, beta: np.ndarray | None
) -> tuple[list[tuple[int, str]], str]:
    """(place in the training samples, kind) of the cards, and how they were ranked.

    Not by the weights: on digits with 36 % wrong labels, beta - alpha of an epoch found them with AUC 0.84, the loss
    with 0.99 (a single step's weights go to samples that are hard, whatever their label).
    """
    assert run.labels is not None
    places = {index: place for place, index in enumerate(run.labels.index.tolist())}
    predicted = None if run.log is None or not len(run.log.epoch) else run.log.predicted[-1]
    trusted: list[int] = []
    if alpha is not None and beta is not None and predicted is not None:
        disputed = np.flatnonzero(predicted != run.labels.given)
        order = disputed[np.argsort((beta - alpha)[disputed], kind="stable")]
        trusted = [place for place in order[: limit // _TRUSTED_SHARE].tolist() if alpha[place] > beta[place]]
    first = limit - len(trusted)
    if run.audit is not None:
        ranked = [places[row["index"]] for row in run.audit["samples"] if row["index"] in places]
        how = _BY_AUDIT
    elif run.log is not None and len(run.log.epoch):
        ranked = np.argsort(-run.log.loss[-1], kind="stable").tolist()
        how = _BY_LOSS
    else:
        ranked, how = [], ""
    return [(place, "distrusted") for place in ranked[:first]] + [(place, "trusted") for place in trusted], how


def _card(
    run: RunRecord, place: int, names: Sequence[str], images: ImageSet | None, proposed: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    assert run.labels is not None
    index, given, clean = (int(column[place]) for column in (run.labels.index, run.labels.given, run.labels.clean))
    row = proposed.get(index)
    numbers = []
    if run.log is not None and len(run.log.epoch):
        numbers.append(("p(given)", f"{run.log.probability[-1, place]:.3f}"))
    if row is not None:
        numbers.append(("suspicion", f"{row['score']:.3f}"))
    said = str(row["proposed"]) if row is not None else "–"
    if row is None and run.log is not None and len(run.log.epoch):
        said = _name(names, int(run.log.predicted[-1, place]))
    truth = "" if clean < 0 else "right" if clean == given else "wrong"
    return {
        "name": images.names[index] if images is not None else str(row["name"] if row else index),
        "given": _name(names, given),
        "said": said,
        "clean": _name(names, clean) if clean >= 0 else "",
        "truth": truth,
        "numbers": numbers,
    }


def _proposed(run: RunRecord) -> dict[int, dict[str, Any]]:
    return {} if run.audit is None else {row["index"]: row for row in run.audit["samples"]}


def _images(run: RunRecord) -> tuple[ImageSet | None, str]:
    """The data set the run was trained on, and a note where it has gone or changed."""
    assert run.labels is not None
    path = run.split.get("dataset")
    if not isinstance(path, str):
        return None, "No pictures: the run does not say where its data set is."
    try:
        found = open_image_set(path)
    except L2BError as error:
        return None, f"No pictures: {str(error).splitlines()[0]}"
    if int(run.labels.index.max()) >= len(found) or len(found.classes) < int(run.labels.given.max()) + 1:
        return None, f"No pictures: {path} is not the data set of this run any more."
    return found, ""


def _pictures(images: ImageSet | None, indices: Sequence[int]) -> list[str | None]:
    if images is None:
        return [None] * len(indices)
    try:
        return [png_uri(picture) for picture in images.images(np.asarray(indices, np.int64))]
    except L2BError:
        return [None] * len(indices)


def png_uri(picture: np.ndarray) -> str:
    """A picture (H, W, 1 or 3) uint8 as a PNG data URI of at most _MAX_SIDE pixels a side."""
    from PIL import Image

    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")


def _name(names: Sequence[str], label: int) -> str:
    return names[label] if label < len(names) else str(label)
