"""The door of a reproduction: what would stop its runs is said before the first one starts."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError, noted
from pipelines.plan.request import Planner, Say, plan
from pipelines.reproduce.cells.choose_runs import CellRun
from pipelines.reproduce.cells.kept import foreign_faults, is_begun, is_finished


def check_runs(runs: Sequence[CellRun], planner: Planner[Any, Any], *, say: Say = lambda line: None) -> None:
    """Check settings, run folders and data of all runs; noisy masks are made here, so that no two runs make them.

    Raises ConfigError with the faults of all, each once, then DataError.
    """
    faults: list[str] = []
    for run in runs:
        with noted(faults):
            faults += foreign_faults(run, planner)
    if faults:
        raise ConfigError("\n".join(dict.fromkeys(faults)))
    new = [run.request for run in runs if not (is_finished(run.out) or is_begun(run.out))]
    distinct = {(one.recipe, one.noise, one.noise_seed): one for one in reversed(new)}
    for number, request in enumerate(reversed(distinct.values()), start=1):
        say(f"[{number}/{len(distinct)}] {request.recipe} {request.noise}, seed {request.noise_seed}")
        plan(replace(request, out=Path(f"{request.out}.checked")), planner, say=partial(_say_warning, say))


def _say_warning(say: Say, line: str) -> None:
    if line.startswith("warning"):
        say(line)
