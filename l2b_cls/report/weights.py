"""alpha and beta of a run's training samples, in multiples of the weight a sample has in plain training."""

from typing import Any

import numpy as np

from l2b_cls.report.run_record import RunRecord
from l2b_run.report.curves import curve_panels
from l2b_run.report.style import run_line

_RECENT = 5  # logged epochs whose weights are averaged: one epoch's are those of one batch
_CURVES = [
    ("alpha", "alpha: weight of the given label; 1 is plain training"),
    ("beta", "beta: weight of the pseudo-label; 1 is plain training"),
]


def recent_weights(run: RunRecord, batch: int) -> tuple[np.ndarray, np.ndarray] | None:
    """alpha and beta (n,), means over the last logged epochs, 0 for a sample without; None where nothing was weighed.

    batch: samples a training batch; 1 / batch is what each weighs in plain training.
    """
    if run.log is None:
        return None
    recent = np.stack([run.log.alpha[-_RECENT:], run.log.beta[-_RECENT:]])
    logged = np.isfinite(recent)
    if not logged.any((1, 2)).all():
        return None
    alpha, beta = np.where(logged, recent, 0).sum(1) / np.maximum(logged.sum(1), 1) * batch
    return alpha, beta


def weight_panels(label: str, run: RunRecord, *, batch: int = 1) -> dict[str, Any] | None:
    """Mean alpha and beta against the epoch, of samples whose given label is right and of those where it is wrong.

    label, legend (name, line) and panels for the page; None without weights, or where no clean label is known.
    """
    if run.log is None or run.labels is None:
        return None
    known = run.labels.clean >= 0
    right = run.labels.clean == run.labels.given
    kinds = {"given label right": known & right, "given label wrong": known & ~right}
    if not all(chosen.any() for chosen in kinds.values()):
        return None
    panels = curve_panels([(name, _mean_rows(run, chosen, batch)) for name, chosen in kinds.items()], _CURVES)
    legend = [(name, run_line(number).record()) for number, name in enumerate(kinds)]
    return {"label": label, "legend": legend, "panels": panels} if panels else None


def _mean_rows(run: RunRecord, chosen: np.ndarray, batch: int) -> list[dict[str, float | None]]:
    """A row an epoch: its number, and the mean of alpha and of beta of the chosen samples that have one."""
    assert run.log is not None
    rows = []
    for place, epoch in enumerate(run.log.epoch.tolist()):
        row: dict[str, float | None] = {"epoch": epoch}
        for name, _ in _CURVES:
            values = getattr(run.log, name)[place][chosen]
            values = values[np.isfinite(values)]
            row[name] = float(values.mean() * batch) if len(values) else None
        rows.append(row)
    return rows
