"""An epoch's row of metrics.jsonl, from what its steps reported, and who gets it."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

Row = dict[str, Any]

Progress = Callable[[Row], None]
"""Takes the row of each step and of each epoch; only an epoch's has "seconds"."""

WriteRow = Callable[[Row, list[Row]], None]
"""Takes the row of an epoch and all rows so far."""


class StepReport(Protocol):
    """What one step did; `beta_share`, the pseudo-label's share of all weight, is None for methods without weights."""

    @property
    def loss(self) -> float: ...

    @property
    def gradient_norm(self) -> float: ...

    @property
    def beta_share(self) -> float | None: ...

    @property
    def no_weight(self) -> bool: ...


def epoch_row(reports: Sequence[StepReport], log: logging.Logger) -> dict[str, float | int]:
    """Means over an epoch's steps, at least one, and how often nothing had weight: then `log` is warned."""
    row: dict[str, float | int] = {"loss": sum(r.loss for r in reports) / len(reports)}
    row["gradient_norm"] = sum(r.gradient_norm for r in reports) / len(reports)
    shares = [r.beta_share for r in reports if r.beta_share is not None]
    if shares:
        row["alpha_share"], row["beta_share"] = 1 - sum(shares) / len(shares), sum(shares) / len(shares)
        row["steps_without_weight"] = sum(r.no_weight for r in reports)
        if row["steps_without_weight"]:
            log.warning(
                "%d of %d steps had no positive alignment: every weight was 0",
                row["steps_without_weight"],
                len(reports),
            )
    return row
