"""One self-contained HTML page for runs: table, curves, confusion, the most distrusted samples, the audit."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from l2b_cls.metrics.summary import Summary
from l2b_cls.report.audit_words import finding_lines, judges_lines
from l2b_cls.report.cards import IN_SAMPLE, bar_end, judged_by, sample_deck
from l2b_cls.report.run_record import RunRecord, read_run
from l2b_cls.report.tables import confusion_table, mixed_up, quality_rows, run_table
from l2b_cls.report.weights import weight_panels
from l2b_data.errors import ConfigError
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.noisy_labels import NoisyLabelTable
from l2b_run.report.decisions import audit_key, choices
from l2b_run.report.page import run_labels, write_page
from l2b_run.report.runs import read_runs

SAMPLES = 36
REVIEWED = 200
"""Samples on the page of an audit, which are decided on."""

META = "meta_samples"
CURVES = (  # key in metrics.jsonl, title
    ("test_accuracy", "accuracy on the evaluated samples"),
    ("test_balanced_accuracy", "balanced accuracy on the evaluated samples"),
    ("loss", "training loss"),
    ("beta_share", "share of the weight on pseudo-labels (beta); the rest is on given labels (alpha)"),
    (META, "samples in the meta set"),
    ("split_labelled", "share of the training samples taken for rightly labelled"),
    ("split_purity", "share of those whose given label is right"),
    ("split_auc", "AUC of the split against the true labels"),
)
DEFINITIONS = {
    "alpha, beta": "weight of a sample's given label and of its pseudo-label (the network's own), as L2B (CVPR 2024, "
    "eq. 7 to 9) took them in training; 1 is the weight a sample has in plain training",
    "pseudo": "the class the run's network found most probable at the end of the last logged epoch",
    "p(given)": "probability of the given label, under a network of the audit that was trained without the sample",
    IN_SAMPLE: "the same under the run's own network, which was trained on this label and makes it look better than it "
    "is; of a sample that no audit lists, at the end of the last logged epoch",
    "suspicion": "probability that the given label is wrong, by the audit",
    "reason": "findings that speak against the given label; audit.json says what each is",
    "proposed": "the most probable label by the audit; a suggestion to look at, not a corrected label",
}


def write_report(
    run_dirs: Sequence[Path | str],
    out: Path | str,
    *,
    title: str = "L2B runs",
    samples: int = SAMPLES,
    audit: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write one HTML file about the runs, in the order given, as `write_page` does, and return its path.

    Of each run folder it reads summary.json, metrics.jsonl, predictions.csv, noisy_labels.csv, sample_weights.npz and,
    where there is one, the audit (from `audit`, else RUN/audit); what is missing is left out. Up to `samples` training
    samples a run are shown; on the page of an `audit` up to REVIEWED, each to be decided on. `say` gets a line
    "[2/3] RUN" before each. Raises `ConfigError` for no run or a negative
    number of samples, `DataError` with the faults of all folders.
    """
    if samples < 0:
        raise ConfigError(f"--samples {samples}: a number of samples, 0 for none")
    runs = read_runs(run_dirs, partial(read_run, audit=audit))
    labels = run_labels([run.path for run in runs])
    limit = samples if audit is None else REVIEWED
    decks, groups = [], []
    for number, (label, run) in enumerate(zip(labels, runs, strict=True), 1):
        say(f"[{number}/{len(runs)}] {label}")
        batch = _batch_size(run.path)
        if (deck := sample_deck(label, run, limit=limit, batch=batch, review=audit is not None)) is not None:
            decks.append(deck)
        if (group := weight_panels(label, run, batch=batch)) is not None:
            groups.append(group)
    audits = [_audit(label, run.audit) for label, run in zip(labels, runs, strict=True) if run.audit is not None]
    review = None if audit is None else runs[0].audit
    return _write(
        out, title, decks, audits, runs=runs, labels=labels, groups=groups, definitions=DEFINITIONS, review=review
    )


def write_audit_page(
    out: Path, audit: Mapping[str, Any], images: ImageSet, given: NoisyLabelTable, *, title: str
) -> Path:
    """Write the page of an audit that belongs to no run: the most suspicious samples of `images`, and what it found.

    audit: audit.json. given: the labels that were judged. Atomic; returns the path.
    """
    summary, split = Summary.from_json({"classes": images.classes}), {"dataset": str(images.root)}
    record = RunRecord(images.root, summary, [], split=split, labels=given, audit=dict(audit))
    deck = sample_deck(images.name, record, limit=REVIEWED, review=True)
    said = {term: DEFINITIONS[term] for term in ("suspicion", "reason", "proposed")}
    definitions = {"p(given)": "probability of the given label, as it stands in the file that judged", **said}
    decks = [] if deck is None else [deck]
    return _write(out, title, decks, [_audit(images.name, audit)], definitions=definitions, review=audit)


def _write(
    out: Path | str,
    title: str,
    decks: Sequence[dict[str, Any]],
    audits: Sequence[dict[str, Any]],
    *,
    definitions: Mapping[str, str],
    runs: Sequence[RunRecord] = (),
    labels: Sequence[str] = (),
    groups: Sequence[dict[str, Any]] = (),
    review: Mapping[str, Any] | None = None,
) -> Path:
    """The page; review: audit.json of the audit whose samples are decided on."""
    confusions = [table for label, run in zip(labels, runs, strict=True) if (table := _confusion(label, run))]
    # some run chose its meta set anew: a constant is no curve
    meta_varies = any(len({row.get(META) for row in run.epochs}) > 1 for run in runs)
    cards = [card for deck in decks for card in deck["cards"]]
    return write_page(
        out,
        "l2b_cls.report",
        title=title,
        labels=labels,
        runs=runs,
        curves=[curve for curve in CURVES if curve[0] != META or meta_varies],
        definitions=definitions,
        sections={"Confusion": confusions, "Labels": decks, "Audit": audits},
        run_table=run_table(labels, runs),
        more_curves=groups,
        confusions=confusions,
        decks=decks,
        first_deck=next((n for n, deck in enumerate(decks) if deck["cards"][0]["alpha"] is not None), 0),
        bar_end=bar_end(decks),
        given_names=list(dict.fromkeys(card["given"] for card in sorted(cards, key=lambda card: card["given"]))),
        truth_shown=any(card["truth"] for card in cards),
        trusted_shown=any(card["kind"] == "trusted" for card in cards),
        audits=audits,
        review=audit_key(review["samples"]) if review and decks else "",
        offered=choices("label"),
    )


def _confusion(label: str, run: RunRecord) -> dict[str, Any] | None:
    """The confusion matrix of predictions.csv; None without it."""
    if run.predictions is None:
        return None
    size = run.predictions.probabilities.shape[1]
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (run.predictions.labels, run.predictions.predicted), 1)
    names = run.summary.classes
    return confusion_table(label, counts, names if len(names) == size else [str(number) for number in range(size)])


def _audit(label: str, audit: Mapping[str, Any]) -> dict[str, Any]:
    """What the page says of an audit: how many labels are doubted, how good the ranking is, what gets mixed up."""
    truth = audit.get("truth")
    classes = [str(name) for name in audit.get("classes", [])]
    return {
        "label": label,
        "samples": audit.get("n"),
        "flagged": audit.get("flagged"),
        "judged_by": judged_by(audit),
        "judges": judges_lines(audit),
        "findings": finding_lines(audit),
        "in_sample": bool(audit.get("in_sample")),
        "wrong": truth["wrong"] if truth else None,
        "known": truth["known"] if truth else None,
        "quality": quality_rows(truth) if truth else [],
        "mixups": _mixups(audit.get("transition"), truth["transition"] if truth else None, classes),
    }


def _mixups(estimated: Any, known: Any, classes: list[str]) -> list[dict[str, Any]]:
    """The largest entries off the diagonal of the estimated transition, with the true share where it is known."""
    shares = np.array(estimated if estimated is not None else [], float)
    if shares.shape != (len(classes), len(classes)):
        return []
    true = None if known is None else np.array(known, float)
    return [
        pair | {"known": "" if true is None else f"{true[pair['at']]:.1%}"}
        for pair in mixed_up(np.where(shares >= 0.005, shares, 0), shares, classes)
    ]


def _batch_size(run: Path) -> int:
    """Samples a training batch; 1 where config.yaml does not say, and weights are then as logged."""
    try:
        found = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return 1
    size = found.get("batch_size") if isinstance(found, dict) else None
    return size if isinstance(size, int) and size > 0 else 1
