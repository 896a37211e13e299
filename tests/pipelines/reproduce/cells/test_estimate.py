"""What is timed, what a finished run tells already, and the sum."""

import pytest

from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.estimate import estimate, measure_apart
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.cells.time_steps import Timing
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.finished import begin, finish

CLS = "classification"
TASK = table_task(CLS)


def runs_of(tmp_path, **asked):
    asked = Asked(tmp_path, {"cifar10": tmp_path}, "cpu", cells=["cifar10"], methods=["ce", "l2b"], **asked)
    return choose_runs(read_table("table1", CLS), asked, ["ce", "l2b"])


def timing(run, kind, jobs):
    return Timing(0.1, 5.0, 100.0 if run.row.key == "ce" else 300.0, 20, 700.0 if run.row.key == "ce" else 900.0)


def test_each_network_and_method_is_timed_once_whatever_noise_and_seed(tmp_path):
    said = []
    found = estimate(runs_of(tmp_path, seeds=2), TASK, say=said.append, measure=timing)
    assert [(cost.row, cost.runs, cost.run_seconds, cost.seconds) for cost in found.costs] == [
        ("ce", 8, 100.0, 800.0),
        ("l2b", 8, 300.0, 2400.0),
    ]
    assert said == ["[1/2] timing cifar10 ce", "[2/2] timing cifar10 l2b"]
    assert (found.runs, found.kept, found.seconds, found.memory_mb) == (16, 0, 3200.0, 900.0)


def test_cells_that_differ_in_what_costs_nothing_are_timed_together(tmp_path):
    """Of preset paper Table 2 sets other weights a cell, Table 1 of the other paper another network a kind of noise."""
    for name, row, counts in (("table2", "dividemix", [4]), ("rmnw1", "ce", [3, 3])):
        asked = Asked(tmp_path, {"cifar10": tmp_path}, "paper", cells=["cifar10"], methods=[row])
        runs = choose_runs(read_table(name, CLS), asked, [row])
        found = estimate(runs, TASK, measure=timing)
        assert [cost.runs for cost in found.costs] == counts


def test_jobs_share_the_time_and_add_their_memory(tmp_path):
    found = estimate(runs_of(tmp_path), TASK, jobs=2, measure=timing)
    assert (found.seconds, found.memory_mb) == (800.0, 1600.0)


def test_a_finished_run_tells_and_an_interrupted_one_has_less_to_do(tmp_path):
    runs = runs_of(tmp_path)
    of_ce = [run for run in runs if run.row.key == "ce"]
    finish(of_ce[0], CLS, best={}, last={}, seconds=50.0, epochs=20)
    begin(of_ce[1], CLS, epochs=5)
    found = estimate(runs, TASK, measure=timing)
    ce, l2b = found.costs
    assert (ce.source, ce.runs, ce.run_seconds, ce.epoch_seconds, ce.memory_mb) == (
        "a finished run",
        3,
        50.0,
        2.5,
        500.0,
    )
    assert ce.seconds == pytest.approx(50 * 2.75)
    assert l2b.source == "two timed steps"
    assert (found.kept, found.runs) == (1, 7)
    for run in runs:
        if not run.out.exists():
            finish(run, CLS, best={}, last={})
        elif run is of_ce[1]:
            (run.out / "summary.json").write_text("{}")
    found = estimate(runs, TASK, measure=timing)
    assert (found.costs, found.runs, found.seconds, found.memory_mb) == ([], 0, None, None)


def test_what_cannot_be_timed_is_said_and_the_rest_is_summed(tmp_path):
    def measure(run, kind, jobs):
        return "error: no" if run.row.key == "ce" else timing(run, kind, jobs)

    found = estimate(runs_of(tmp_path), TASK, measure=measure)
    assert [(cost.source, cost.fault) for cost in found.costs] == [
        ("not timed", "error: no"),
        ("two timed steps", None),
    ]
    assert (found.seconds, found.runs) == (1200.0, 8)


def test_a_process_that_fails_says_why(tmp_path):
    run = runs_of(tmp_path)[0]
    fault = measure_apart(run, CLS, 1)
    assert isinstance(fault, str)
    assert "no prepared classification set" in fault
    assert not (tmp_path / "runs").exists()
