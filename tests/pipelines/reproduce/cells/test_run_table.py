"""Runs as processes: kept, resumed, failed, ended. The tool is a fake one whose trainings take no time."""

import json
import signal
import subprocess

import pytest

from l2b_data.errors import L2BError
from pipelines.reproduce.cells.choose_runs import Asked, choose_runs
from pipelines.reproduce.cells.run_table import run_table
from pipelines.reproduce.tables.read_table import read_table

MODULE = "tests.pipelines.reproduce.fake_tool"
CE, L2RW, L2B = (f"cifar10-uniform-0.4_{name}_s0" for name in ("ce", "l2rw", "l2b"))


@pytest.fixture
def runs(tmp_path):
    asked = Asked(tmp_path, {"cifar10": tmp_path / "data"}, "cpu", cells=["cifar10:0.4"], overrides=["epochs=2"])
    return choose_runs(read_table("table1", "classification"), asked, ["ce", "l2rw", "l2b"])


def behave(monkeypatch, **what):
    monkeypatch.setenv("FAKE_TOOL", json.dumps(what))


def calls(tmp_path, name):
    path = tmp_path / "runs" / name / "calls.txt"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_each_run_is_a_train_command_of_its_own(tmp_path, runs, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    events = []

    def watch(event):
        if event.kind != "epoch":  # seen or not, by chance
            events.append((event.run.out.name, event.kind))

    assert run_table(runs, MODULE, watch=watch) == {}
    (call,) = calls(tmp_path, L2B)
    assert call == [
        *("1", "train", "cifar10", "--data", str(tmp_path / "data"), "--device", "auto"),
        *("--method", "l2b", "--noise", "uniform:0.4", "--noise-seed", "0", "--preset", "cpu", "--seed", "0"),
        *("--out", str(tmp_path / "runs" / L2B), "--set", "epochs=2"),
    ]
    assert events == [(name, kind) for name in (CE, L2RW, L2B) for kind in ("started", "finished")]
    events.clear()
    assert run_table(runs, MODULE, watch=watch) == {}
    assert events == [(name, "kept") for name in (CE, L2RW, L2B)]
    assert len(calls(tmp_path, L2B)) == 1


def test_a_failed_run_is_told_by_its_last_error_and_stops_no_other(tmp_path, runs, monkeypatch):
    behave(monkeypatch, **{L2RW: "fail"})
    failed = run_table(runs, MODULE)
    assert failed == {
        L2RW: f"error: optimizer.lr is too large (exit code 1; {tmp_path / 'runs' / L2RW}.log)",
    }
    assert (tmp_path / "runs" / L2B / "summary.json").is_file()
    behave(monkeypatch)
    assert run_table(runs, MODULE) == {}  # tried anew
    assert [len(calls(tmp_path, name)) for name in (CE, L2RW, L2B)] == [1, 2, 1]


def test_only_what_this_attempt_wrote_is_its_error(tmp_path, runs, monkeypatch):
    behave(monkeypatch, **{CE: "fail"})
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / f"{CE}.log").write_text("error: of an earlier attempt\n")
    assert run_table(runs[:1], MODULE)[CE].startswith("error: optimizer.lr is too large")
    assert (tmp_path / "runs" / f"{CE}.log").read_text().startswith("error: of an earlier attempt\ntraining\n")


def test_ctrl_c_ends_the_processes_and_the_same_call_goes_on(tmp_path, runs, monkeypatch):
    behave(monkeypatch, **{CE: "wait", L2RW: "wait"})
    processes, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: processes.append(start(*a, **k)) or processes[-1])

    def stop_at_an_epoch(event):
        if event.kind == "epoch":
            assert [process.poll() for process in processes] == [None, None]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_table(runs, MODULE, jobs=2, watch=stop_at_an_epoch)
    assert all(process.returncode in (143, -signal.SIGTERM) for process in processes)
    behave(monkeypatch)
    events = []
    assert run_table(runs, MODULE, watch=events.append) == {}
    assert (events[0].run.out.name, events[0].kind, events[0].epoch) == (CE, "resumed", 1)
    call = calls(tmp_path, CE)[-1][1:]
    assert call[:4] == ["train", "cifar10", "--data", str(tmp_path / "data")]
    assert call[-2:] == ["--resume", str(tmp_path / "runs" / CE)]


def test_threads_are_shared_out_among_jobs_where_nobody_names_them(tmp_path, runs, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr("pipelines.reproduce.cells.child.usable_cores", lambda: 8)
    run_table(runs, MODULE, jobs=3)
    assert calls(tmp_path, CE)[0][0] == "2"


def test_a_place_that_cannot_hold_runs_is_one_message(tmp_path, runs):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(L2BError, match="runs is a file"):
        run_table(runs, MODULE)
