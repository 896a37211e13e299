"""An epoch's row of metrics.jsonl: made of what its steps reported, written and read here alone."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from l2b_data.files.atomic import write_text
from l2b_run.training.step_report import StepReport

METRICS = "metrics.jsonl"
_TEST = "test_"

Progress = Callable[[dict[str, Any]], None]
"""Takes {"epoch", "step", "steps", "loss"} after a step and a row as JSON after an epoch; only a row has "seconds"."""


@dataclass(frozen=True)
class EpochRow:
    """One epoch, counted from 1; step and lr: after its last step. loss, gradient_norm: means over its steps.

    alpha_share, beta_share: of all weight, and steps_without_weight; None for methods without weights. clean_steps: how
    many of its steps one of the clean ones alone followed; None where the settings know none. warm_up: of a method's
    warm-up.
    meta: size of the meta set, and what it counts ("slices", "samples"). test: metrics of the evaluation cases by name,
    empty where it was not evaluated. watched: what the task adds (auc_noise_detection).
    """

    epoch: int
    step: int
    lr: float
    loss: float
    gradient_norm: float
    seconds: float
    meta: tuple[str, int]
    alpha_share: float | None = None
    beta_share: float | None = None
    steps_without_weight: int | None = None
    clean_steps: int | None = None
    warm_up: bool = False
    test: dict[str, float] = field(default_factory=dict)
    watched: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The row as metrics.jsonl has it: "test_dice" for a metric, "meta_slices" for the size of the meta set."""
        row: dict[str, Any] = {"epoch": self.epoch, "step": self.step, "lr": self.lr}
        row |= {"loss": self.loss, "gradient_norm": self.gradient_norm}
        if self.beta_share is not None:
            row |= {"alpha_share": self.alpha_share, "beta_share": self.beta_share}
            row["steps_without_weight"] = self.steps_without_weight
        if self.clean_steps is not None:
            row["clean_steps"] = self.clean_steps
        if self.warm_up:
            row["warm_up"] = True
        row |= {f"meta_{self.meta[0]}": self.meta[1], "seconds": self.seconds}
        return row | {_TEST + name: value for name, value in self.test.items()} | self.watched


def epoch_row(reports: Sequence[StepReport], log: logging.Logger, **known: Any) -> EpochRow:
    """Means over an epoch's steps, at least one, beside what is `known`; `log` is warned where nothing had weight."""
    n, shares = len(reports), [r.beta_share for r in reports if r.beta_share is not None]
    known |= {"loss": sum(r.loss for r in reports) / n, "gradient_norm": sum(r.gradient_norm for r in reports) / n}
    if shares:
        beta, without = sum(shares) / len(shares), sum(r.no_weight for r in reports)
        known |= {"alpha_share": 1 - beta, "beta_share": beta, "steps_without_weight": without}
        if without:
            log.warning("%d of %d steps had no positive alignment: every weight was 0", without, n)
    taught = [r.clean_step for r in reports if r.clean_step is not None]
    if taught:
        known["clean_steps"] = sum(taught)
    return EpochRow(**known)


def row_from_json(row: dict[str, Any]) -> EpochRow:
    """The row of a line of metrics.jsonl. Raises KeyError where it is none of this version's."""
    known = {key: row[key] for key in ("epoch", "step", "lr", "loss", "gradient_norm", "seconds")}
    known |= {
        key: row[key]
        for key in ("alpha_share", "beta_share", "steps_without_weight", "clean_steps", "warm_up")
        if key in row
    }
    meta = next(key for key in row if key.startswith("meta_"))
    test = {key.removeprefix(_TEST): value for key, value in row.items() if key.startswith(_TEST)}
    watched = {key: value for key, value in row.items() if not key.startswith(_TEST) and key not in {*known, meta}}
    return EpochRow(**known, meta=(meta.removeprefix("meta_"), row[meta]), test=test, watched=watched)


def write_epochs(folder: Path, history: Sequence[EpochRow]) -> None:
    """metrics.jsonl in `folder`: an object an epoch, a line each (read by `read_epochs`)."""
    lines = [json.dumps(row.as_json(), allow_nan=False) + "\n" for row in history]
    write_text(folder / METRICS, "".join(lines))


def read_epochs(path: Path, faults: list[str]) -> list[dict[str, Any]]:
    """The rows of a metrics.jsonl as JSON, [] where the file is absent; what is wrong with it goes to `faults`.

    Kept as JSON: runs of earlier versions have other keys, and curves are drawn of whatever is there. The last line may
    be cut off, as a run that is still going on or was killed leaves it.
    """
    if not path.exists():
        return []
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            epoch = json.loads(line)
        except ValueError as error:
            if number < len(lines):
                faults.append(f"{path.name} line {number} is damaged: {error}")
            continue
        if isinstance(epoch, dict) and "epoch" in epoch:
            found.append(epoch)
        else:
            faults.append(f"{path.name} line {number} is no object with an epoch")
    return found


def row_text(row: dict[str, Any]) -> str:
    """A row as JSON for the log: "epoch 3, loss 0.5123, ..."; numbers with four digits, what is nested in brackets."""
    return ", ".join(f"{key} {_shown(value)}" for key, value in row.items())


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"({row_text(value)})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
