"""Rows of epochs: means over the steps, steps without weight, written and read back."""

import json
import logging

import pytest

from l2b_run.training.epoch_row import METRICS, EpochRow, epoch_row, read_epochs, row_from_json, row_text, write_epochs
from l2b_run.training.step_report import StepReport

LOG = logging.getLogger("l2b_test")
KNOWN = {"epoch": 3, "step": 12, "lr": 0.1, "seconds": 1.5, "meta": ("slices", 7)}


def row(**over):
    return EpochRow(**KNOWN | {"loss": 0.5, "gradient_norm": 2.0} | over)


def test_means_and_steps_without_weight(caplog):
    reports = [StepReport(1.0, 2.0, 0.25), StepReport(3.0, 4.0, 0.75, no_weight=True)]
    with caplog.at_level("WARNING", logger="l2b_test"):
        found = epoch_row(reports, LOG, **KNOWN)
    assert found == row(loss=2.0, gradient_norm=3.0, alpha_share=0.5, beta_share=0.5, steps_without_weight=1)
    assert "1 of 2 steps" in caplog.text
    assert epoch_row([StepReport(0.5, 2.0)], LOG, **KNOWN) == row()


def test_clean_steps_are_counted_where_there_may_be_some():
    taught = [StepReport(0.5, 2.0, clean_step=one) for one in (True, False, True)]
    assert epoch_row(taught, LOG, **KNOWN).as_json()["clean_steps"] == 2
    assert epoch_row(taught[1:2], LOG, **KNOWN).as_json()["clean_steps"] == 0
    assert "clean_steps" not in epoch_row([StepReport(0.5, 2.0)], LOG, **KNOWN).as_json()
    assert row_from_json(row(clean_steps=2).as_json()) == row(clean_steps=2)


def test_a_warm_up_is_said_where_there_is_one():
    assert row(warm_up=True).as_json()["warm_up"] is True
    assert "warm_up" not in row().as_json()
    assert row_from_json(row(warm_up=True).as_json()) == row(warm_up=True)


def test_keys_of_a_row_and_back():
    weighted = {"alpha_share": 0.25, "beta_share": 0.75, "steps_without_weight": 0}
    full = row(**weighted, test={"dice": 0.7}, watched={"auc_noise_detection": {"loss": None}})
    found = full.as_json()
    assert list(found) == [
        *("epoch", "step", "lr", "loss", "gradient_norm", "alpha_share", "beta_share", "steps_without_weight"),
        *("meta_slices", "seconds", "test_dice", "auc_noise_detection"),
    ]
    assert row_from_json(json.loads(json.dumps(found))) == full
    assert row_from_json(row().as_json()) == row()
    assert "alpha_share" not in row().as_json()


def test_epochs_are_read_back_and_hold_no_nan(tmp_path):
    rows, faults = [row(), row(epoch=4)], []
    write_epochs(tmp_path, rows)
    assert read_epochs(tmp_path / METRICS, faults) == [one.as_json() for one in rows]
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_epochs(tmp_path, [row(loss=float("nan"))])
    assert (len(read_epochs(tmp_path / METRICS, faults)), faults) == (2, [])


def test_a_row_for_the_log():
    shown = {"epoch": 3, "loss": 0.512345, "auc": {"loss": 0.98765, "alpha": None}}
    assert row_text(shown) == "epoch 3, loss 0.5123, auc (loss 0.9877, alpha None)"
