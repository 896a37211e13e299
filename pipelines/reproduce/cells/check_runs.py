"""The door of a reproduction: what would stop its runs is said before the first one starts."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from l2b_data.errors import ConfigError
from pipelines.plan.request import Planner, Say, plan
from pipelines.reproduce.cells.choose_runs import CellRun
from pipelines.reproduce.cells.kept import differences, is_begun, is_finished


def check_runs(
    runs: Sequence[CellRun], planner: Planner[Any, Any], *, say: Say = lambda line: None
) -> tuple[list[CellRun], list[str]]:
    """Runs that can be made, and a line for each row whose settings are refused: it wants what others do without.

    Noisy masks are made here, so that no two runs make them. Raises ConfigError where a folder holds another run, or
    no run can be made, with the faults of all, each once; then DataError.
    """
    accepted: list[CellRun] = []
    faults, refused = list[str](), dict[str, str]()
    for run in runs:
        try:
            other = differences(run, planner)
        except ConfigError as error:
            refused.setdefault(run.row.key, str(error))
            continue
        accepted.append(run)
        if other:
            faults.append(f"{run.out} has {', '.join(other)}: name another --out, or remove it")
    if faults or not accepted:
        raise ConfigError("\n".join(dict.fromkeys(faults or refused.values())))
    new = [run.request for run in accepted if not (is_finished(run.out) or is_begun(run.out))]
    distinct = {(one.recipe, one.noise, one.noise_seed): one for one in reversed(new)}
    for number, request in enumerate(reversed(distinct.values()), start=1):
        say(f"[{number}/{len(distinct)}] {request.recipe} {request.noise}, seed {request.noise_seed}")
        plan(replace(request, out=Path(f"{request.out}.checked")), planner, say=partial(_say_warning, say))
    way_out = "as --set {row}:KEY=VALUE, for this row alone"
    return accepted, [f"Not run: {row}: {_reason(text)} ({way_out.format(row=row)})" for row, text in refused.items()]


def _reason(message: str) -> str:
    """A fault of settings in one line, without the line that says of which."""
    first, *rest = message.splitlines()
    return "; ".join(line.strip() for line in rest or [first])


def _say_warning(say: Say, line: str) -> None:
    if line.startswith("warning"):
        say(line)
