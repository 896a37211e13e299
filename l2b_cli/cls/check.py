"""`l2b-cls check`: integrity of a prepared set."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from l2b_cli.shared.say import stderr_lines
from l2b_data.errors import DataError

if TYPE_CHECKING:
    from l2b_data.samples.fault import Fault

_SHOWN_CLASSES = 30


def check(
    data: Annotated[Path, typer.Argument(help="Prepared set.", show_default=False)],
    max_images: Annotated[
        int | None, typer.Option(min=1, help="Read so many images, evenly spread; default: all.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print counts and findings as JSON.")] = False,
) -> None:
    """Check labels, splits and images of a prepared set. Exit code 3 if there is a fault."""
    from l2b_data.samples.check import check_image_set, class_counts

    with stderr_lines("check", quiet=as_json) as say:
        image_set, found = check_image_set(data, max_images=max_images, say=say)
    counts = class_counts(image_set) if image_set is not None else {}
    number = len(image_set) if image_set is not None else 0
    faults = [fault for fault in found if not fault.is_warning]
    if as_json:
        _print_json(data, number, counts, found)
    else:
        if counts:
            _print_counts(counts)
        for fault in found:
            severity = "warning" if fault.is_warning else "error"
            typer.echo(f"{severity} {fault.kind} {fault.image or '-'}: {fault.message}")
        typer.echo(f"{data}: {number:,} images, {len(faults)} faults, {len(found) - len(faults)} warnings")
    if faults:
        raise DataError(f"{data}: {len(faults)} faults; they are listed above")


def _print_counts(counts: dict[str, dict[str, int]]) -> None:
    """Class by split, the first of many classes."""
    splits = list(next(iter(counts.values())))
    rows = list(counts.items())
    width = max(len("class"), *(len(name) for name, _ in rows[:_SHOWN_CLASSES]))
    typer.echo(f"{'class':<{width}}" + "".join(f"{split:>9}" for split in splits))
    for name, row in rows[:_SHOWN_CLASSES]:
        typer.echo(f"{name:<{width}}" + "".join(f"{row[split]:>9,}" for split in splits))
    if len(rows) > _SHOWN_CLASSES:
        typer.echo(f"and {len(rows) - _SHOWN_CLASSES} more classes")


def _print_json(data: Path, number: int, counts: dict[str, dict[str, int]], found: "list[Fault]") -> None:
    from dataclasses import asdict

    rows = [{**asdict(fault), "severity": "warning" if fault.is_warning else "error"} for fault in found]
    value = {"data": str(data), "images": number, "class_counts": counts, "faults": rows}
    typer.echo(json.dumps(value, indent=1, allow_nan=False))
