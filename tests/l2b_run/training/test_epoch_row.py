"""Rows of epochs: means over the steps, and the steps in which nothing had weight."""

import logging
from dataclasses import dataclass

from l2b_run.training.epoch_row import epoch_row

LOG = logging.getLogger("l2b_test")


@dataclass(frozen=True)
class Report:
    loss: float
    gradient_norm: float
    beta_share: float | None = None
    no_weight: bool = False


def test_means_and_steps_without_weight(caplog):
    reports = [Report(1.0, 2.0, 0.25), Report(3.0, 4.0, 0.75, no_weight=True)]
    with caplog.at_level("WARNING", logger="l2b_test"):
        row = epoch_row(reports, LOG)
    assert row == {
        "loss": 2.0,
        "gradient_norm": 3.0,
        "alpha_share": 0.5,
        "beta_share": 0.5,
        "steps_without_weight": 1,
    }
    assert "1 of 2 steps" in caplog.text
    assert epoch_row([Report(1.0, 2.0)], LOG) == {"loss": 1.0, "gradient_norm": 2.0}
