"""`l2b-seg evaluate`: predicted masks against reference masks."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l2b_run.errors import ConfigError, SomeCasesFailed
from l2b_seg.cli.say import stderr_lines


class SpacingUnit(StrEnum):
    mm = "mm"
    voxel = "voxel"


def evaluate(
    pred: Annotated[Path, typer.Argument(metavar="PRED", help="Predicted mask, or a folder of them.")],
    ref: Annotated[
        Path,
        typer.Argument(
            metavar="REF", help="Reference mask, folder (matched by case id), or prepared data set (its test cases)."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder for summary.json and cases.csv.")] = None,
    spacing_unit: Annotated[
        SpacingUnit, typer.Option(help="mm: spacing of the reference's header; voxel: 1 along every axis.")
    ] = SpacingUnit.mm,
    tolerance: Annotated[float, typer.Option(help="Tolerance of the surface Dice (NSD), in the spacing's unit.")] = 2.0,
    labels: Annotated[
        str | None, typer.Option(help="Values that together are foreground, e.g. 1,2. Default: every value but 0.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of a table.")] = False,
) -> None:
    """Dice, IoU, HD, HD95, ASSD and NSD a case and on average, with their definitions in the output.

    Exit code 3 if masks lie on different grids or nothing can be evaluated, 4 if some cases are missing.
    """
    from l2b_seg.evaluate import check_out, failures, write_evaluation
    from l2b_seg.evaluate import evaluate as evaluate_masks
    from l2b_seg.metrics_table import metrics_table

    if out is not None:
        check_out(out)
    values = None if labels is None else _integers(labels)
    with stderr_lines("evaluate", quiet=as_json) as say:
        summary = evaluate_masks(
            pred, ref, spacing_unit=spacing_unit.value, tolerance_mm=tolerance, labels=values, say=say
        )
    if out is not None:
        write_evaluation(summary, out)
    if as_json:
        typer.echo(json.dumps(summary, indent=1, allow_nan=False))
    else:
        from rich.console import Console

        Console().print(metrics_table(summary, title=f"foreground: {summary['foreground']}"))
    for warning in summary["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    failed = failures(summary)
    if failed:
        raise SomeCasesFailed(failed)


def _integers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--labels {text!r}: pass whole numbers with commas between them, such as 1,2") from None
