"""What a reproduction asks of its task: how a run is planned, timed, scored and described."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l2b_run.training.method import Method, Training
from pipelines.plan.request import Plan, Planner
from pipelines.reproduce.tables.table import MetricName


@dataclass(frozen=True)
class Probe:
    """A run built to be timed, maybe on a part of its data.

    steps: of a whole epoch. whole: how many times larger all training data is. after_epoch: measures what evaluation
    and logs cost, seconds an epoch on average.
    """

    run: Training
    steps: int
    whole: float
    after_epoch: Callable[[], float]


@dataclass(frozen=True)
class Score:
    """A metric of a finished run, in the unit of its summary: of the best and of the last epoch, None if undefined."""

    best: float | None
    last: float | None


@dataclass(frozen=True)
class TableTask:
    """A task. probe: of a plan. score: of a run folder and a metric. described: what a run trained, for a caption."""

    planner: Planner[Any, Any]
    methods: Mapping[str, Method]
    probe: Callable[[Plan[Any, Any]], Probe]
    score: Callable[[Path, MetricName], Score]
    described: Callable[[Path], str]
