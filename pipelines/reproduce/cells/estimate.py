"""What the runs of a table will take: from two timed steps of each distinct network and method, or a finished run."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from l2b_run.folder.summary import RunSummary
from l2b_run.settings.recipe import Kind
from pipelines.reproduce.cells.child import child_environment, last_error, python_command
from pipelines.reproduce.cells.choose_runs import CellRun
from pipelines.reproduce.cells.kept import asked_settings, epochs_done, is_finished
from pipelines.reproduce.cells.task import TableTask
from pipelines.reproduce.cells.time_steps import Timing, request_json

Source = Literal["two timed steps", "a finished run", "not timed"]


@dataclass(frozen=True)
class Cost:
    """Of runs of a row that differ in nothing that costs time. runs: still to do. run_seconds: of a whole one.

    seconds: of what is to do, less the epochs that interrupted ones have done. fault: why it could not be timed.
    """

    data: str
    row: str
    runs: int
    source: Source
    seconds: float | None = None
    run_seconds: float | None = None
    step_seconds: float | None = None
    epoch_seconds: float | None = None
    memory_mb: float | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Estimate:
    """kept: runs that are finished already. seconds: with `jobs` at a time; None where nothing was timed."""

    costs: list[Cost]
    kept: int
    jobs: int
    seconds: float | None
    memory_mb: float | None

    @property
    def runs(self) -> int:
        """Still to do."""
        return sum(cost.runs for cost in self.costs)


def estimate(
    runs: Sequence[CellRun],
    task: TableTask,
    *,
    jobs: int = 1,
    say: Callable[[str], None] = lambda line: None,
    measure: Callable[[CellRun, Kind, int], Timing | str] | None = None,
) -> Estimate:
    """Time and memory of the runs that are not finished. `say` gets a line "[1/4] what is timed" a distinct one.

    measure: of a run, its kind and the jobs at a time, its timing or why there is none; a process of its own
    (`measure_apart`) if left out.
    """
    groups: dict[tuple[str, ...], list[CellRun]] = {}
    for run in runs:
        groups.setdefault(_what_costs(run, task), []).append(run)
    costs, kind = [], task.planner.kind
    pending = [group for group in groups.values() if not all(is_finished(run.out) for run in group)]
    for number, group in enumerate(pending, start=1):
        say(f"[{number}/{len(pending)}] timing {group[0].column.data} {group[0].row.key}")
        costs.append(_cost(group, lambda run: (measure or measure_apart)(run, kind, jobs)))
    known = [cost.seconds for cost in costs if cost.seconds is not None]
    memory = [cost.memory_mb for cost in costs if cost.memory_mb is not None]
    return Estimate(
        costs,
        kept=sum(is_finished(run.out) for run in runs),
        jobs=jobs,
        seconds=sum(known) / jobs if known else None,
        memory_mb=sum(sorted(memory)[-jobs:]) if memory else None,
    )


def _what_costs(run: CellRun, task: TableTask) -> tuple[str, ...]:
    """Data, row, and the settings but for the optimizer's and the methods' own, in which the cells of a row differ."""
    own = {method.settings[0] for method in task.methods.values() if method.settings is not None}
    settings = asked_settings(run, task.planner)
    rest = {key: value for key, value in settings.items() if key not in own | {"optimizer"}}
    return run.request.recipe, run.row.key, json.dumps(rest, sort_keys=True)


def _cost(group: Sequence[CellRun], measure: Callable[[CellRun], Timing | str]) -> Cost:
    to_do = [run for run in group if not is_finished(run.out)]
    cost = Cost(group[0].column.data, group[0].row.key, len(to_do), "two timed steps")
    done = [run for run in group if is_finished(run.out)]
    if done:
        summary = RunSummary.read(done[0].out / "summary.json")
        epochs = epochs_done(done[0].out)
        whole, memory = summary.total_seconds, summary.peak_memory_mb
        cost = replace(cost, source="a finished run", run_seconds=whole, memory_mb=memory)
        cost = replace(cost, epoch_seconds=whole / epochs if whole and epochs else None)
    else:
        found = measure(to_do[0])
        if isinstance(found, str):
            return replace(cost, source="not timed", fault=found)
        epochs = found.epochs
        cost = replace(cost, step_seconds=found.step_seconds, epoch_seconds=found.epoch_seconds)
        cost = replace(cost, run_seconds=found.run_seconds, memory_mb=found.memory_mb)
    if cost.run_seconds is None:
        return cost
    left = sum(1 - min(epochs_done(run.out) / max(epochs, 1), 1) for run in to_do)
    return replace(cost, seconds=cost.run_seconds * left)


def measure_apart(run: CellRun, kind: Kind, jobs: int) -> Timing | str:
    """The timing of a run by `time_steps` in a process of its own, whose memory is the run's; or what stopped it."""
    request = replace(run.request, out=Path(f"{run.out}.timed"))
    done = subprocess.run(
        [*python_command("pipelines.reproduce.cells.time_steps"), kind],
        input=request_json(request),
        capture_output=True,
        text=True,
        env=child_environment(jobs),
        check=False,
    )
    if done.returncode:
        return last_error(done.stderr)
    return Timing(**json.loads(done.stdout))
