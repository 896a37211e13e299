"""What stops the runs of a table before the first one starts."""

import pytest

from l2b_data.errors import ConfigError, DataError
from pipelines.plan.classification import CLASSIFICATION
from pipelines.reproduce.cells import check_runs as module
from pipelines.reproduce.cells.check_runs import check_runs
from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.finished import finish

CLS = "classification"


@pytest.fixture
def planned(monkeypatch):
    """Requests that are planned, which reads their data, instead of planning them."""
    found = []
    monkeypatch.setattr(module, "plan", lambda request, planner, say: found.append(request))
    return found


def runs_of(tmp_path, name="table2", cells=("cifar10:0.5",), known=("mixup", "dividemix", "c2d", "l2b-c2d"), **asked):
    asked = Asked(tmp_path, {"cifar10": tmp_path}, "cpu", cells=cells, **asked)
    return choose_runs(read_table(name, CLS), asked, known)


def test_a_row_that_wants_more_is_left_out_with_its_reason(tmp_path, planned):
    accepted, lines = check_runs(runs_of(tmp_path), CLASSIFICATION)
    assert [run.row.key for run in accepted] == ["mixup", "dividemix"]
    assert [line.partition(": method c2d starts from networks trained without labels")[:1] for line in lines] == [
        ("Not run: c2d",),
        ("Not run: l2b-c2d",),
    ]
    assert lines[0].endswith("encoder.safetensors (as --set c2d:KEY=VALUE, for this row alone)")


def test_settings_that_no_run_can_have_are_an_error(tmp_path, planned):
    with pytest.raises(ConfigError, match="epochss"):
        check_runs(runs_of(tmp_path, overrides=["epochss=2"]), CLASSIFICATION)
    with pytest.raises(ConfigError, match="method c2d starts from"):
        check_runs(runs_of(tmp_path, methods=["c2d"]), CLASSIFICATION)
    assert planned == []


def test_folders_of_other_runs_are_an_error_and_named(tmp_path, planned):
    for run in runs_of(tmp_path, methods=["mixup", "dividemix"], overrides=["epochs=3"]):
        finish(run, CLS, best={}, last={})
    with pytest.raises(ConfigError) as caught:
        check_runs(runs_of(tmp_path), CLASSIFICATION)
    first, second = str(caught.value).splitlines()
    assert "cifar10-symmetric-0.5_mixup_s0 has epochs 3 instead of 20: name another --out, or remove it" in first
    assert "cifar10-symmetric-0.5_dividemix_s0" in second


def test_each_noise_is_planned_once_and_none_whose_runs_are_there(tmp_path, planned):
    runs = runs_of(tmp_path, cells=("cifar10:0.5", "cifar10:0.8"), seeds=2, methods=["mixup", "dividemix"])
    for run in runs:
        if run.column.cell == "cifar10:0.8" and run.seed == 0:
            finish(run, CLS, best={}, last={})
    said = []
    accepted, lines = check_runs(runs, CLASSIFICATION, say=said.append)
    assert (len(accepted), lines) == (8, [])
    assert said == [
        "[1/3] cifar10 symmetric:0.5, seed 0",
        "[2/3] cifar10 symmetric:0.5, seed 1",
        "[3/3] cifar10 symmetric:0.8, seed 1",
    ]
    assert [(request.method, request.noise, request.noise_seed) for request in planned] == [
        ("mixup", "symmetric:0.5", 0),
        ("mixup", "symmetric:0.5", 1),
        ("mixup", "symmetric:0.8", 1),
    ]


def test_data_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no prepared classification set"):
        check_runs(runs_of(tmp_path, methods=["mixup"]), CLASSIFICATION)
