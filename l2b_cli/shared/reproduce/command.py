"""`reproduce` of either tool: a table of the papers, its numbers beside ours."""

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Option

from l2b_cli.shared.methods_of import method_names
from l2b_cli.shared.options import AsJson, Device, names, spread
from l2b_cli.shared.result import print_parts, print_result, refuse_failed, warn
from l2b_data.errors import ConfigError, noted

if TYPE_CHECKING:
    from pipelines.reproduce.cells.choose_runs import Asked
    from pipelines.reproduce.tables.table import Table


@dataclass(frozen=True)
class Tool:
    """A command line tool. module: of its commands. methods: the module with its table of methods."""

    kind: Literal["segmentation", "classification"]
    module: str
    methods: str


@dataclass(frozen=True)
class ReproduceOptions:
    """Options of `reproduce`."""

    data: Annotated[
        list[str] | None,
        Option(metavar="[NAME=]PATH", help="Prepared data set; repeatable, NAME= where a table needs several."),
    ] = None
    preset: Annotated[str | None, Option(help="paper or cpu; paper on CUDA, cpu elsewhere if left out.")] = None
    seeds: Annotated[int, Option(min=1, help="Runs of every cell, with seeds 0, 1, ...")] = 1
    cells: Annotated[str | None, Option(help="Some of them, as cifar10:0.5,cifar100; all if left out.")] = None
    methods: Annotated[str | None, Option(help="Some rows, by method or name; all if left out.")] = None
    overrides: Annotated[
        list[str] | None, Option("--set", help="key=value, or of a row ROW:key=value; repeatable.")
    ] = None
    jobs: Annotated[int, Option(min=1, help="Runs at a time, which share the cores.")] = 1
    device: Device = "auto"
    out: Annotated[Path | None, Option(help="Folder of runs and results; the same command goes on there.")] = None
    dry_run: Annotated[bool, Option("--dry-run", help="Check everything, estimate time and memory, stop.")] = False
    list_tables: Annotated[bool, Option("--list", help="Say which tables there are and what they need.")] = False
    as_json: AsJson = False


def reproduce_of(tool: Tool) -> Callable[..., None]:
    """The command of a tool."""

    @spread
    def reproduce(
        table: Annotated[str | None, Argument(metavar="TABLE", help="Such as table1; --list names them.")] = None,
        *,
        options: ReproduceOptions,
    ) -> None:
        """Run a table of the papers, every cell a resumable training, and write its numbers beside ours."""
        if options.list_tables:
            _list(tool, as_json=options.as_json)
        elif table is None or options.out is None:
            raise ConfigError("name a TABLE and a folder with --out; --list says which tables there are")
        else:
            _reproduce(tool, table, options.out, options)

    return reproduce


def _list(tool: Tool, *, as_json: bool) -> None:
    from l2b_cli.shared.reproduce.texts import list_parts
    from pipelines.reproduce.tables.list_tables import list_tables

    rows = list_tables(tool.kind, names(method_names(tool.methods)))
    print_result(rows, list_parts(rows), as_json=as_json)


def _reproduce(tool: Tool, name: str, out: Path, options: ReproduceOptions) -> None:
    from l2b_cli.shared.reproduce.progress import table_progress
    from l2b_cli.shared.reproduce.texts import estimate_parts, results_parts
    from l2b_cli.shared.say import stderr_lines
    from pipelines.reproduce.cells.check_runs import check_runs
    from pipelines.reproduce.cells.choose_runs import choose_runs
    from pipelines.reproduce.cells.estimate import estimate
    from pipelines.reproduce.cells.run_table import run_table
    from pipelines.reproduce.cells.table_task import table_task
    from pipelines.reproduce.results.collect import collect
    from pipelines.reproduce.results.write_table import results_json, write_table
    from pipelines.reproduce.tables.read_table import read_table

    table, task, quiet = read_table(name, tool.kind), table_task(tool.kind), options.as_json
    asked = _asked(table, out, options, task.methods)
    runs = choose_runs(table, asked, task.methods)
    with stderr_lines("checking", quiet=quiet) as say:
        runs, refused = check_runs(runs, task.planner, say=say)
        warn(refused)
    with stderr_lines("estimate", quiet=quiet) as say:
        found = estimate(runs, task, jobs=options.jobs, say=say)
    if options.dry_run:
        print_result(found, estimate_parts(found), as_json=quiet)
        return
    if found.runs and not quiet:
        print_parts(estimate_parts(found), stderr=True)
    failed: dict[str, str] = {}
    try:
        with table_progress(len(runs), quiet=quiet) as watch:
            failed = run_table(runs, tool.module, jobs=options.jobs, watch=watch)
    except (KeyboardInterrupt, SystemExit):
        print("finished runs and epochs are kept: the same command goes on from there", file=sys.stderr)
        raise
    finally:
        results = collect(table, task, asked, known=task.methods, refused=refused, failed=failed)
        write_table(results)
    print_result(results_json(results), results_parts(results), as_json=quiet)
    refuse_failed((f"{run}: {why}" for run, why in failed.items()), len(runs), "runs failed")


def _asked(table: "Table", out: Path, options: ReproduceOptions, known: Collection[str]) -> "Asked":
    """The options, checked against the table. Raises ConfigError with every fault, then DataError."""
    from l2b_run.training.device import choose_device
    from pipelines.plan.request import default_preset
    from pipelines.reproduce.cells.choose_runs import Asked, check_overrides, chosen_columns, chosen_rows, parse_data

    cells, methods, columns = names(options.cells), names(options.methods), table.columns
    preset, data, faults = options.preset, dict[str, Path](), list[str]()
    with noted(faults):
        columns = chosen_columns(table, cells)
    with noted(faults):
        chosen_rows(table, methods, known)
    with noted(faults):
        check_overrides(table, options.overrides or [])
    with noted(faults):
        preset = preset or default_preset(None, choose_device(options.device))
    with noted(faults):
        data = parse_data(options.data or [], table, columns)
    if faults:
        raise ConfigError("\n".join(faults))
    return Asked(
        out,
        data,
        str(preset),
        cells=cells,
        methods=methods,
        seeds=options.seeds,
        overrides=options.overrides or [],
        device=options.device,
    )
