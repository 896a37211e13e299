"""`l2b-cls compare`: two runs on the same test samples."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of a run, or a predictions.csv.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The other one; differences are B - A.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead of a table.")] = False,
) -> None:
    """Paired difference of the accuracy, with a bootstrap interval and McNemar's exact test, in all and a class.

    Exit code 3 if the runs have no sample in common, or other names, classes or labels.
    """
    from l2b_cls.compare.compare import compare as compare_runs
    from l2b_cls.compare.tables import comparison_notes, comparison_table

    found = compare_runs(run_a, run_b, seed=seed)
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        console = Console()
        console.print(comparison_table(found))
        for line in comparison_notes(found):
            console.print(line, markup=False, highlight=False)
    for warning in found["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
