"""`l2b-seg compare`: two runs on the same cases."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Folder of a run or of an evaluation (--out).")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The other one; differences are B - A.")],
    metric: Annotated[str, typer.Option(help="dice, iou, nsd, hd, hd95, hd95_pooled, assd, masd, ...")] = "dice",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead of tables.")] = False,
) -> None:
    """Paired differences a case, their mean with a bootstrap interval, and a Wilcoxon test.

    Exit code 3 if the runs have no case in common, or count distances in different units.
    """
    from l2b_seg.compare.compare import compare as compare_runs
    from l2b_seg.compare.tables import case_table, comparison_notes, summary_table

    found = compare_runs(run_a, run_b, metric=metric, seed=seed)
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        console = Console()
        console.print(case_table(found))
        console.print(summary_table(found))
        for line in comparison_notes(found):
            console.print(line, markup=False, highlight=False)
    for name, cases in (("A", found["only_in_a"]), ("B", found["only_in_b"])):
        if cases:
            print(f"warning: only in {name}, not compared: {', '.join(cases)}", file=sys.stderr)
    for case, where in found["undefined"].items():
        print(f"warning: {metric} of {case} is undefined {where}, not compared", file=sys.stderr)
    for warning in found["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
