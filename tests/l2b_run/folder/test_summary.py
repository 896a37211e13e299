"""The part of a summary that both tasks have."""

import pytest

from l2b_data.errors import DataError
from l2b_run.folder.summary import RunSummary, mean_of_last, method_of
from l2b_run.training.epoch_row import EpochRow


def test_a_run_without_clean_samples_is_told_apart():
    assert method_of("l2b", "online") == "l2b --no-clean"
    assert method_of("rmnwnet", "given") == "rmnwnet"
    assert method_of("l2b", None) == "l2b"
    assert method_of(None, "online") is None


def test_the_last_ten_evaluations_whatever_the_epochs_between():
    rows = []
    for epoch in range(1, 25):
        test = {"dice": epoch / 24} if epoch % 2 == 0 else {}
        rows.append(EpochRow(epoch, step=4, lr=0.1, loss=1, gradient_norm=1, seconds=1, meta=("slices", 2), test=test))
    assert mean_of_last(rows, "dice") == pytest.approx((6 + 24) / 2 / 24)
    assert mean_of_last(rows[:2], "dice") == pytest.approx(2 / 24)


def test_written_and_read(tmp_path):
    summary = RunSummary(method="l2b", seed=0, train_seconds=1.5, definitions={"dice": "overlap"})
    summary.write(tmp_path)
    assert RunSummary.read(tmp_path / "summary.json") == summary
    (tmp_path / "summary.json").write_text("[]")
    with pytest.raises(DataError, match=r"summary\.json holds no JSON object"):
        RunSummary.read(tmp_path / "summary.json")
    with pytest.raises(DataError, match="no such file; name a run"):
        RunSummary.read(tmp_path / "none.json", way_out="name a run")
