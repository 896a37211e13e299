"""`--track`: what trackers are given, and the real packages read back, where they are installed."""

import json

import pytest

from l2b_cli.cls.train import train as train_command
from l2b_data.errors import ConfigError
from l2b_data.files import extras
from l2b_run.tracking import track as module
from l2b_run.tracking.track import numbers, require_tracker, tracked
from tests.command import call_command
from tests.l2b_cli.cls.test_train import RECIPE
from tests.l2b_cls.synthetic import image_set

ROW = {"step": 4, "lr": 0.1, "loss": 0.5, "seconds": 2.0, "auc_noise_detection": {"alpha": 0.75, "loss": None}}


class Recorder:
    """A tracker that keeps what it is given."""

    def __init__(self, epochs=()):
        self.epochs, self.logged, self.end = set(epochs), {}, None

    def log(self, epoch, values):
        self.logged[epoch] = values

    def close(self, end):
        self.end = end


@pytest.fixture
def opened(monkeypatch):
    """The recorders that are opened, each with whether its run was resumed."""
    found = []

    def open_one(out, settings, resumed):
        found.append((Recorder(), resumed))
        return found[-1][0]

    monkeypatch.setitem(module._OPEN, "mlflow", open_one)
    return found


def write(out, *losses):
    """metrics.jsonl with these losses; its last row."""
    rows = [{"epoch": epoch, **ROW, "loss": loss} for epoch, loss in enumerate(losses, 1)]
    (out / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows[-1]


def test_numbers_of_a_row():
    row = {"epoch": 3, **ROW, "warm_up": True, "note": "text"}
    assert numbers(row) == {"step": 4, "lr": 0.1, "loss": 0.5, "seconds": 2, "auc_noise_detection/alpha": 0.75}


def test_each_epoch_once_and_how_it_ended(tmp_path, opened):
    with tracked("mlflow", tmp_path, {}) as follow:
        follow({"epoch": 1, "step": 1, "steps": 4, "loss": 3.0})
        assert not opened
        follow(write(tmp_path, 0.9))
        follow(write(tmp_path, 0.9, 0.8))
    (tracker, resumed), *others = opened
    assert (resumed, others, tracker.end) == (False, [], "FINISHED")
    assert {epoch: values["loss"] for epoch, values in tracker.logged.items()} == {1: 0.9, 2: 0.8}


def test_a_resumed_run_brings_its_epochs_along(tmp_path, opened):
    with tracked("mlflow", tmp_path, {}) as follow:
        follow(write(tmp_path, 0.9, 0.8, 0.7))
    assert opened[0][1]
    assert sorted(opened[0][0].logged) == [1, 2, 3]


def test_a_training_that_starts_anew_is_a_run_of_its_own(tmp_path, opened):
    with tracked("mlflow", tmp_path, {}) as follow:
        follow(write(tmp_path, 0.9))
        follow(write(tmp_path, 0.6))
    assert [(tracker.end, tracker.logged[1]["loss"], resumed) for tracker, resumed in opened] == [
        ("FAILED", 0.9, False),
        ("FINISHED", 0.6, False),
    ]


@pytest.mark.parametrize(("error", "end"), [(KeyboardInterrupt, "KILLED"), (ConfigError, "FAILED")])
def test_a_run_that_stops(tmp_path, opened, error, end):
    def stop():
        with tracked("mlflow", tmp_path, {}) as follow:
            follow(write(tmp_path, 0.9))
            raise error

    with pytest.raises(error):
        stop()
    assert opened[0][0].end == end


def test_a_missing_package_and_an_unknown_tracker(tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    require_tracker(None)
    code, _, said = call_command(train_command, "digits", "--track", "mlflow", "--data", tmp_path)
    assert code == 2
    assert "--track mlflow needs mlflow, not installed here: pip install 'l2b[track]'" in said
    code, _, said = call_command(train_command, "digits", "--track", "wandb")
    assert code == 2
    assert "tensorboard" in said


def trained(root, tracker, *more):
    """A run of two epochs and one that goes on for a third; its rows."""
    (root / "squares.yaml").write_text(RECIPE)
    named = (root / "squares.yaml", "--data", image_set().root, "--method", "ce", "--preset", "cpu", "--track", tracker)
    code, _, said = call_command(train_command, *named, "--set", "epochs=2", "--out", root / "runs" / "one")
    assert code == 0, said
    config = root / "runs" / "one" / "config.yaml"
    config.write_text(config.read_text().replace("epochs: 2", "epochs: 3", 1))
    code, _, said = call_command(train_command, "any", "--resume", root / "runs" / "one", "--track", tracker)
    assert code == 0, said
    lines = (root / "runs" / "one" / "metrics.jsonl").read_text().splitlines()
    return {row["epoch"]: row for row in map(json.loads, lines)}


def test_tensorboards_event_files_are_read_back(tmp_path):
    pytest.importorskip("tensorboard", reason="the extra track is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    rows = trained(tmp_path, "tensorboard")
    assert sorted(rows) == [1, 2, 3]
    events = EventAccumulator(str(tmp_path / "runs" / "one" / "tensorboard"))
    events.Reload()
    for name in ("loss", "test_accuracy"):
        found = {one.step: one.value for one in events.Scalars(name)}
        assert found == pytest.approx({epoch: row[name] for epoch, row in rows.items()})


def test_an_mlflow_run_is_queried(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="the extra track is not installed")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    rows = trained(tmp_path, "mlflow")
    assert sorted(rows) == [1, 2, 3]
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("squares")
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status) == ("one", "FINISHED")
    assert run.data.params["method"] == "ce"
    assert run.data.params["optimizer.lr"] == "0.1"
    history = client.get_metric_history(run.info.run_id, "test_accuracy")
    found = {one.step: one.value for one in history}
    assert len(history) == 3
    assert found == pytest.approx({epoch: row["test_accuracy"] for epoch, row in rows.items()})
