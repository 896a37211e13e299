"""From what a user asks of a table to its runs: cells, methods, data and seeds, each run a request of `train`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from l2b_data.errors import ConfigError, DataError
from pipelines.plan.request import TrainRequest
from pipelines.reproduce.tables.table import Column, Row, Table


@dataclass(frozen=True)
class CellRun:
    """One training: a row's method on a column's data and noise with one seed. Columns of one noise share it."""

    column: Column
    row: Row
    seed: int
    request: TrainRequest = field(repr=False)

    @property
    def out(self) -> Path:
        """Its run folder."""
        assert self.request.out is not None
        return self.request.out


@dataclass(frozen=True)
class Asked:
    """What a user asks of a table. cells, methods: empty for all. data: recipe -> prepared set. preset: resolved.

    overrides: "key=value" of every run, or "c2d:key=value", "cifar10:c2d:key=value" of those of a row, method or data.
    """

    out: Path
    data: Mapping[str, Path]
    preset: str
    cells: Sequence[str] = ()
    methods: Sequence[str] = ()
    seeds: int = 1
    overrides: Sequence[str] = ()
    device: str = "auto"


def chosen_columns(table: Table, cells: Sequence[str]) -> list[Column]:
    """The columns that `cells` name: a cell as in `Table.cells`, or the beginning of several (cifar10).

    Raises ConfigError with every name that is none, and the names there are.
    """
    faults = [name for name in cells if not any(_named(column, [name]) for column in table.columns)]
    if faults:
        raise ConfigError(f"--cells {', '.join(faults)}: {table.name} has {', '.join(table.cells)}")
    return [column for column in table.columns if not cells or _named(column, cells)]


def _named(column: Column, names: Sequence[str]) -> bool:
    return any(column.cell == name or column.cell.startswith(f"{name}:") for name in names)


def chosen_rows(table: Table, methods: Sequence[str], known: Collection[str]) -> list[Row]:
    """The rows to run: those of `methods`, by method or by name, or all whose method is one of the `known` ones.

    Raises ConfigError with every name that no row has, or whose method is not known.
    """
    faults = []
    runnable = [row for row in table.rows if row.method in known]
    for name in methods:
        if any(name in (row.key, row.method) for row in runnable):
            continue
        if any(name in (row.key, row.method) for row in table.rows):
            faults.append(f"--methods {name}: {table.name} has its published numbers alone, no such method is here")
        else:
            there = ", ".join(dict.fromkeys(row.key for row in runnable))
            faults.append(f"--methods {name}: no row of {table.name}; it has {there}")
    if faults:
        raise ConfigError("\n".join(faults))
    return [row for row in runnable if not methods or row.key in methods or row.method in methods]


def parse_data(texts: Sequence[str], table: Table, columns: Sequence[Column]) -> dict[str, Path]:
    """--data, NAME=PATH each, or one PATH where the columns are of one data set: recipe -> path.

    Raises ConfigError with all that is wrong, DataError for a path that is not there.
    """
    wanted = list(dict.fromkeys(column.data for column in columns))
    found: dict[str, Path] = {}
    faults, absent = [], []
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign or name not in table.data:
            if sign and not Path(text).exists():
                faults.append(f"--data {text}: {table.name} needs {', '.join(table.data)}, as NAME=PATH")
                continue
            if len(wanted) > 1:
                faults.append(f"--data {text}: which of {', '.join(wanted)}? NAME=PATH, or one of them with --cells")
                continue
            name, path = wanted[0], text
        if name in found:
            faults.append(f"--data {text}: {name} was given already")
        if not Path(path).exists():
            absent.append(f"--data {text}: no such folder")
        found[name] = Path(path)
    if not faults and not any(name in found for name in wanted):
        faults.append(f"--data is missing: name {' or '.join(f'{name}=PATH' for name in wanted)}")
    if faults:
        raise ConfigError("\n".join(faults))
    if absent:
        raise DataError("\n".join(absent))
    return found


def check_overrides(table: Table, overrides: Sequence[str]) -> None:
    """Raises ConfigError where an override is of a row, method or data set that the table does not have."""
    names = {name for row in table.rows if row.method for name in (row.key, row.method)} | set(table.data)
    faults = [text for text in overrides if not set(_owners(text)) <= names]
    if faults:
        raise ConfigError(f"--set {', '.join(faults)}: no row, method or data set of {table.name} has such a name")


def _owners(override: str) -> list[str]:
    """The names before the key: ["cifar10", "c2d"] of "cifar10:c2d:epochs=2"."""
    return override.partition("=")[0].split(":")[:-1]


def choose_runs(table: Table, asked: Asked, known: Collection[str]) -> list[CellRun]:
    """The runs of the columns and rows asked for whose data is given: seed by seed, so that a first one is whole soon.

    Raises ConfigError as `chosen_columns` and `chosen_rows` do.
    """
    columns = [one for one in chosen_columns(table, asked.cells) if one.data in asked.data]
    rows = chosen_rows(table, asked.methods, known)
    runs = [
        cell_run(table, asked, column, row, seed) for seed in range(asked.seeds) for column in columns for row in rows
    ]
    return list({run.out: run for run in runs}.values())


def cell_run(table: Table, asked: Asked, column: Column, row: Row, seed: int) -> CellRun:
    """The run of a column and a row that has a method."""
    assert row.method is not None
    name = f"{column.data}-{column.noise}_{row.key}_s{seed}".replace(":", "-")
    overrides = [text for part in (table, column, row) for text in part.of(asked.preset)]
    if row.meta_size is not None:
        overrides.append(f"data.meta_size={row.meta_size}" if row.meta_size else "meta.source=online")
    theirs = {row.key, row.method, column.data}
    for text in asked.overrides:
        owners = _owners(text)
        if set(owners) <= theirs:
            overrides.append(text[len("".join(f"{owner}:" for owner in owners)) :])
    request = TrainRequest(
        recipe=column.data,
        data=asked.data.get(column.data),
        method=row.method,
        noise=column.noise,
        noise_seed=seed if table.noise_seed == "every" else 0,
        preset=asked.preset,
        overrides=overrides,
        out=asked.out / "runs" / name,
        seed=seed,
        device=asked.device,
    )
    return CellRun(column, row, seed, request)
