"""What the finished runs of a table say, beside the paper's numbers."""

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from l2b_data.errors import ConfigError
from l2b_run.training.epoch_row import METRICS as EPOCHS
from l2b_run.training.epoch_row import read_epochs
from pipelines.reproduce.cells.choose_runs import Asked, CellRun, cell_run, chosen_columns
from pipelines.reproduce.cells.kept import differences, is_finished
from pipelines.reproduce.cells.task import TableTask
from pipelines.reproduce.tables.read_table import unknown_methods
from pipelines.reproduce.tables.table import METRICS, Column, Row, Table


@dataclass(frozen=True)
class Number:
    """A mean, its standard deviation (None for one value or where it is not known), and over how many runs.

    n: None of a published number whose runs are not told.
    """

    mean: float
    std: float | None = None
    n: int | None = None


@dataclass(frozen=True)
class Curve:
    """A metric after each evaluated epoch: mean, lowest and highest over the runs."""

    epoch: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True)
class Cell:
    """A column under a row. paper: the published number. best, last: of the best and of the last epoch of our runs.

    runs: those that are finished; without any best, last and curve are None, the curve of a table always.
    """

    column: Column
    row: Row
    paper: Number | None
    best: Number | None = None
    last: Number | None = None
    curve: Curve | None = None
    runs: list[CellRun] = field(default_factory=list)


@dataclass(frozen=True)
class Results:
    """A table with what was run of it. cells: by row, then by column. described: data -> description -> row keys.

    columns: those asked for and those with finished runs. failed: name of a run -> why. skipped: a line each of what
    was asked for and not run, or found and left out.
    """

    table: Table
    asked: Asked
    columns: list[Column]
    cells: list[list[Cell]]
    described: dict[str, dict[str, list[str]]]
    failed: dict[str, str]
    skipped: list[str]


def collect(
    table: Table,
    task: TableTask,
    asked: Asked,
    *,
    known: Collection[str],
    refused: Sequence[str] = (),
    failed: dict[str, str] | None = None,
) -> Results:
    """Read every finished run of the table in `asked.out`, of the seeds asked for, whichever call has made it.

    A run of other settings than those asked for is left out, and said. refused: lines of `check_runs` on what was not
    run. Raises DataError for a damaged summary.
    """
    wanted, skipped = chosen_columns(table, asked.cells), [*_skipped(table, asked, known), *refused]
    found: dict[tuple[int, str], list[CellRun]] = {}
    for number, column in enumerate(table.columns):
        for row in (row for row in table.rows if row.method in known):
            runs = [cell_run(table, asked, column, row, seed) for seed in range(asked.seeds)]
            runs = [run for run in runs if is_finished(run.out)]
            foreign = [run for run in runs if _foreign(run, task, skipped)]
            found[number, row.key] = [] if foreign else runs
    shown = [
        number
        for number, column in enumerate(table.columns)
        if column in wanted or any(found.get((number, row.key)) for row in table.rows)
    ]
    cells = [
        [_cell(table, task, number, row, found.get((number, row.key), [])) for number in shown] for row in table.rows
    ]
    every = [run for runs in found.values() for run in runs]
    columns = [table.columns[number] for number in shown]
    return Results(table, asked, columns, cells, _described(task, every), failed or {}, list(dict.fromkeys(skipped)))


def _foreign(run: CellRun, task: TableTask, skipped: list[str]) -> bool:
    """Whether a finished run has other settings than those asked for, or those are refused; then it is said."""
    try:
        other = differences(run, task.planner)
    except ConfigError:
        other = ["settings that are refused now"]
    skipped += [f"Left out: {run.out.name} has {', '.join(other)}"] if other else []
    return bool(other)


def _skipped(table: Table, asked: Asked, known: Collection[str]) -> list[str]:
    """What is asked for and cannot be run, a line each."""
    cells: dict[str, list[str]] = {}
    for column in chosen_columns(table, asked.cells):
        if column.data not in asked.data:
            cells.setdefault(column.data, []).append(column.cell)
    lines = [f"Not run, no --data {data}=PATH: {', '.join(dict.fromkeys(names))}" for data, names in cells.items()]
    if unknown := unknown_methods(table, known):
        lines.append(f"Published numbers alone, as there is no such method here: {', '.join(unknown)}")
    return lines


def _described(task: TableTask, runs: Sequence[CellRun]) -> dict[str, dict[str, list[str]]]:
    """Data -> what its runs were trained on -> the rows of which that is so."""
    found: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        rows = found.setdefault(run.column.data, {}).setdefault(task.described(run.out), [])
        if run.row.key not in rows:
            rows.append(run.row.key)
    return found


def _cell(table: Table, task: TableTask, number: int, row: Row, runs: Sequence[CellRun]) -> Cell:
    column = table.columns[number]
    value = row.paper[number] if row.paper else None
    std = row.std[number] if row.std else None
    paper = None if value is None else Number(value, std, None if row.quoted else table.runs)
    scores = [task.score(run.out, table.metric_of(column)) for run in runs]
    factor = METRICS[table.metric_of(column)].factor
    best, last = (_number([getattr(score, name) for score in scores], factor) for name in ("best", "last"))
    curve = _curve(runs, task.planner.score[0], factor) if table.figure else None
    return Cell(column, row, paper, best, last, curve, list(runs))


def _number(values: Sequence[float | None], factor: float) -> Number | None:
    """Mean and standard deviation of those that are defined; None where none is."""
    defined = [value * factor for value in values if value is not None]
    if not defined:
        return None
    std = statistics.stdev(defined) if len(defined) > 1 else None
    return Number(statistics.fmean(defined), std, len(defined))


def _curve(runs: Sequence[CellRun], key: str, factor: float) -> Curve | None:
    """Over the epochs that every run has evaluated."""
    each = [
        {row["epoch"]: row[key] * factor for row in read_epochs(run.out / EPOCHS, []) if row.get(key) is not None}
        for run in runs
    ]
    epochs = sorted(set.intersection(*map(set, each))) if each else []
    if not epochs:
        return None
    values = [[one[epoch] for one in each] for epoch in epochs]
    means, low, high = ([of(one) for one in values] for of in (statistics.fmean, min, max))
    return Curve(epochs, means, low, high)
