"""The tables of a report: runs, confusion matrices, an audit's ranking. Texts only; the page escapes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from l2b_cls.metrics.summary import Summary
from l2b_cls.report.run_record import RunRecord
from l2b_run.report.numbers import COST, NONE, Column, RunNumbers, number_table
from l2b_run.report.runs import on_one_data_set

COLUMNS = (
    Column("last", "accuracy, last epoch", 4, max),
    Column("best", "accuracy, best epoch", 4, max),
    Column("mean_last_10", "mean of last 10", 4, max),
    Column("balanced_accuracy", "balanced accuracy", 4, max),
    Column("auc", "AUC", 4, max),
    Column("by_weights", "noise found by weights, AUC", 3, max),
    Column("by_loss", "noise found by loss, AUC", 3, max),
    *COST,
)
_RANKINGS = {
    "score": "this audit",
    "loss": "loss of the given label (cleanlab's default)",
    "cleanlab": "cleanlab's adjusted margin",
}
_WHOLE = 20  # classes up to which a matrix is shown cell by cell
_PAIRS = 8  # confusions named beside it
_SHADES = (0.005, 0.05, 0.15, 0.35, 0.7)  # shares of a row from which a cell is a shade darker


def run_table(labels: Sequence[str], runs: Sequence[RunRecord]) -> dict[str, Any]:
    """The runs in numbers, as `number_table` gives them, without the columns that no run has a number for."""
    rows = [
        RunNumbers(label, run.summary, noise_text(run.summary), _values(run.summary))
        for label, run in zip(labels, runs, strict=True)
    ]
    columns = [column for column in COLUMNS if any(row[column.key] is not None for row in rows)]
    text = "No best is marked: the runs were evaluated on different samples or data sets."
    unranked = {} if on_one_data_set(runs) else dict.fromkeys((column.key for column in columns), text)
    return number_table(rows, columns, unranked=unranked)


def confusion_table(label: str, counts: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """A confusion matrix (K, K), rows the data set's labels, for the page: label, classes, rows, pairs.

    rows: name, recall, cells (count, heat 0 to 5 by the share of the row, diagonal); empty above _WHOLE classes. pairs:
    the most frequent confusions (true, said, count, share of the class).
    """
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    heats = np.searchsorted(_SHADES, shares, "right")
    rows = [
        {
            "name": name,
            "recall": f"{shares[place, place]:.1%}" if totals[place, 0] else NONE,
            "cells": [
                {"count": int(counts[place, column]), "heat": int(heats[place, column]), "diagonal": place == column}
                for column in range(len(classes))
            ],
        }
        for place, name in enumerate(classes if len(classes) <= _WHOLE else ())
    ]
    pairs = mixed_up(counts, shares, classes) if len(classes) > 2 else []
    pairs = [pair | {"count": int(counts[pair["at"]])} for pair in pairs]
    return {"label": label, "classes": list(classes), "rows": rows, "pairs": pairs}


def mixed_up(order_by: np.ndarray, shares: np.ndarray, classes: Sequence[str]) -> list[dict[str, Any]]:
    """The largest entries of `order_by` (K, K) off its diagonal, at most _PAIRS: at, true, said, share as a text."""
    off = np.where(np.eye(len(order_by), dtype=bool), 0, order_by)
    found = []
    for flat in np.argsort(-off, axis=None, kind="stable")[:_PAIRS].tolist():
        at = divmod(flat, len(off))
        if off[at] > 0:
            found.append({"at": at, "true": classes[at[0]], "said": classes[at[1]], "share": f"{shares[at]:.1%}"})
    return found


def noise_text(summary: Summary) -> str:
    """The label noise of a run in words: as it was asked for, and the share of wrong labels, where it is known."""
    noise, rate = summary.noise or NONE, summary.effective_noise
    if noise == "none":
        return "none drawn"  # which says nothing about the labels as they are
    return noise if rate is None else f"{noise} ({rate:.1%} wrong)"


def _values(summary: Summary) -> dict[str, float | None]:
    last, best, detection = summary.test.last, summary.test.best, summary.auc_noise_detection
    return {
        "last": last.accuracy,
        "best": best.accuracy,
        "mean_last_10": summary.test.mean_last_10,
        "balanced_accuracy": last.balanced_accuracy,
        "auc": last.auc,
        "by_weights": detection.get("weight_net", detection.get("alpha_minus_beta")),
        "by_loss": detection.get("loss"),
    }


def quality_rows(truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row each ranking of audit.json's "truth": name, and cells AUROC, average precision, flagged, precision, recall.

    "–" where a number is not defined, or a ranking flags nothing by itself.
    """
    rows = []
    for key, name in _RANKINGS.items():
        ranking, flags = truth["ranking"].get(key), truth["flags"].get(key, {})
        if ranking is not None:
            numbers = (ranking["auroc"], ranking["average_precision"], flags.get("precision"), flags.get("recall"))
            cells = ["–" if value is None else f"{value:.3f}" for value in numbers]
            flagged = "–" if flags.get("flagged") is None else str(flags["flagged"])
            rows.append({"name": name, "cells": [*cells[:2], flagged, *cells[2:]]})
    return rows
