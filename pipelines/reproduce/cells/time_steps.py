"""Two timed steps of a run, as a process of its own: a request of `train` as JSON on stdin, its timing on stdout."""

import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from l2b_data.errors import L2BError
from l2b_run.folder.environment import peak_memory_mb
from l2b_run.settings.recipe import Kind
from l2b_run.training.step_report import StepReport
from pipelines.plan.request import TrainRequest, plan
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.cells.task import Probe, TableTask
from pipelines.reproduce.cells.timed import timed

_PATHS = ("data", "out", "resume")


@dataclass(frozen=True)
class Timing:
    """What a run costs: seconds a step and an epoch, on average over the run, and as a whole; memory at most so far."""

    step_seconds: float
    epoch_seconds: float
    run_seconds: float
    epochs: int
    memory_mb: float


def time_steps(request: TrainRequest, task: TableTask) -> Timing:
    """Time steps of the first and of the last epoch, what a method does before an epoch, and an evaluation.

    Nothing is trained that is kept: `request.out` is not made. Raises as `plan` does.
    """
    started = time.perf_counter()
    planned = plan(request, task.planner)
    probe = task.probe(planned)
    seconds = time.perf_counter() - started
    settings = probe.run.settings
    first = max(settings.warm_up_epochs, probe.run.method.phase_of(settings, settings.epochs - 1).begin)
    share = first / settings.epochs  # of the epochs that are as the first one, in warm-up or first phase
    parts = [(share, 0)] * (share > 0) + [(1 - share, settings.epochs - 1)]
    costs = [(part, *_epoch_seconds(probe, epoch)) for part, epoch in parts]
    step = sum(part * a_step for part, a_step, _ in costs)
    epoch = sum(part * whole for part, _, whole in costs) + probe.after_epoch()
    seconds += settings.epochs * epoch
    return Timing(step, epoch, seconds, settings.epochs, peak_memory_mb(planned.device))


def _epoch_seconds(probe: Probe, epoch: int) -> tuple[float, float]:
    """Seconds of a step of `epoch` and of its training.

    From two steps after an untimed one; of a method that makes its own epochs, as long as it likes, from a whole one.
    """
    run, batches, before, method = probe.run, probe.run.batches, 0.0, probe.run.method
    device, made = batches.device, [batches]
    if (hook := method.before_epoch) is not None:
        before = timed(lambda: made.append(hook(run, epoch)), device)
    here = replace(run, batches=made[-1])
    for network in run.state.networks:
        network.model.train()
    if (step := method.step) is None:
        reports: list[StepReport] = []
        seconds = timed(lambda: reports.extend(method.steps_of(here, epoch)), device)
        return seconds / max(len(reports), 1), (before + seconds) * probe.whole
    steps = here.batches.steps
    step(here, epoch, 0)
    a_step = sum(timed(partial(step, here, epoch, number % steps), device) for number in (1, 2)) / 2
    return a_step, before * probe.whole + probe.steps * steps / batches.steps * a_step


def request_json(request: TrainRequest) -> str:
    """A request for this process's stdin."""
    values: dict[str, Any] = asdict(request)
    return json.dumps({key: str(value) if isinstance(value, Path) else value for key, value in values.items()})


def _main(kind: Kind) -> None:
    warnings.simplefilter("ignore")  # of the libraries: the run itself says what there is to say
    values = json.load(sys.stdin)
    values |= {key: Path(values[key]) for key in _PATHS if values[key] is not None}
    try:
        print(json.dumps(asdict(time_steps(TrainRequest(**values), table_task(kind)))))
    except L2BError as error:
        sys.exit(f"error: {' '.join(str(error).split())}")


if __name__ == "__main__":
    _main(sys.argv[1])  # type: ignore[arg-type]
