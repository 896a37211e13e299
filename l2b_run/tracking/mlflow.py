"""A run's numbers and settings in MLflow."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run

FOLDER_TAG = "l2b.folder"
_MOST = 100  # parameters that MLflow takes at once
_LONGEST = 500  # characters of a parameter's value, which every server takes


class Mlflow:
    """A run of the experiment named as the recipe, at MLFLOW_TRACKING_URI, else in mlflow.db beside the run's folder.

    A run folder has one MLflow run, found again by its tag; a resumed one goes on in it.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any], *, resumed: bool) -> None:
        root = out.resolve().parent
        self._client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}")
        experiment = self._experiment(str(settings.get("recipe", "l2b")), root)
        found = self._found(experiment, out) if resumed else None
        run = found or self._created(experiment, out, settings)
        self._id = run.info.run_id
        self.epochs = {one.step for one in self._client.get_metric_history(self._id, "loss")}

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        metrics = [Metric(name, value, now, epoch) for name, value in values.items()]
        self._client.log_batch(self._id, metrics=metrics)

    def close(self, end: str) -> None:
        self._client.set_terminated(self._id, status=end)

    def _experiment(self, name: str, root: Path) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        kept = None if os.environ.get("MLFLOW_TRACKING_URI") else (root / "mlflow_artifacts").as_uri()
        return self._client.create_experiment(name, artifact_location=kept)

    def _found(self, experiment: str, out: Path) -> Run | None:
        told = str(out.resolve()).replace("'", "''")
        runs = self._client.search_runs([experiment], f"tags.`{FOLDER_TAG}` = '{told}'", max_results=1)
        if not runs:
            return None
        self._client.update_run(runs[0].info.run_id, status="RUNNING")
        return runs[0]

    def _created(self, experiment: str, out: Path, settings: Mapping[str, Any]) -> Run:
        run = self._client.create_run(experiment, run_name=out.name, tags={FOLDER_TAG: str(out.resolve())})
        params = [Param(key, str(value)[:_LONGEST]) for key, value in _flat(settings)]
        for part in _parts(params):
            self._client.log_batch(run.info.run_id, params=part)
        return run


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Settings by their names for --set: "optimizer.lr"."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _parts(params: Sequence[Param]) -> Iterator[Sequence[Param]]:
    return (params[start : start + _MOST] for start in range(0, len(params), _MOST))
