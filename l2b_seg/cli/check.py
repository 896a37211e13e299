"""`l2b-seg check`: integrity of a prepared data set."""

import json
from pathlib import Path
from typing import Annotated

import typer

from l2b_run.errors import DataError
from l2b_seg.cli.say import stderr_lines


def check(
    data: Annotated[Path, typer.Argument(help="Prepared data set.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check images, masks, splits and noisy copies of a prepared data set. Exit code 3 if there is a fault."""
    from dataclasses import asdict

    from l2b_seg.check import check_dataset
    from l2b_seg.dataset import Dataset

    dataset = Dataset.open(data)
    with stderr_lines("check", quiet=as_json) as say:
        found = check_dataset(dataset, say=say)
    faults = [fault for fault in found if not fault.is_warning]
    if as_json:
        rows = [{**asdict(fault), "severity": "warning" if fault.is_warning else "error"} for fault in found]
        typer.echo(json.dumps({"data": str(data), "cases": len(dataset.cases), "faults": rows}, indent=1))
    else:
        for fault in found:
            severity = "warning" if fault.is_warning else "error"
            typer.echo(f"{severity} {fault.kind} {fault.case or '-'} {fault.path}: {fault.message}")
        typer.echo(f"{data}: {len(dataset.cases)} cases, {len(faults)} faults, {len(found) - len(faults)} warnings")
    if faults:
        raise DataError(f"{data}: {len(faults)} faults; they are listed above")
