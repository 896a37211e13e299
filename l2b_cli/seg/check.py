"""`l2b-seg check`: integrity of a prepared data set, or of images and masks that are to become one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.say import stderr_lines
from l2b_data.cases.check.fault import Fault
from l2b_data.errors import ConfigError, DataError

Say = Callable[[str], None]


def check(
    data: Annotated[Path | None, typer.Argument(help="Prepared data set.", show_default=False)] = None,
    images: Annotated[
        list[str] | None,
        typer.Option(help="Instead: folder or pattern of images, as in `prepare folder`.", show_default=False),
    ] = None,
    labels: Annotated[str | None, typer.Option(help="Folder or pattern of their masks.", show_default=False)] = None,
    fix_header: Annotated[
        bool,
        typer.Option("--fix-header", help="First give masks of their image's shape its spacing and position."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check images, masks, splits and noisy copies of a data set. Exit code 3 if there is a fault."""
    if (data is None) == (images is None and labels is None) or bool(images) != bool(labels):
        raise ConfigError("check: give either a prepared data set, or --images and --labels")
    name = str(labels if data is None else data)
    with stderr_lines("check", quiet=as_json) as say:
        try:
            if data is not None:
                cases, found, fixed, refused = _prepared(data, fix_header, say)
            else:
                cases, found, fixed, refused = _folders(images or [], name, fix_header, say)
        except DataError as error:
            if as_json:  # a program that reads the findings gets the one that came before all others, too
                _print_json(name, 0, [Fault("unreadable", None, name, str(error))], {}, [])
            raise
    faults = [fault for fault in found if not fault.is_warning]
    if as_json:
        _print_json(name, cases, found, fixed, refused)
    else:
        for case, change in fixed.items():
            typer.echo(f"fixed {case}: {change}")
        for line in refused:
            typer.echo(f"not fixed {line}")
        for fault in found:
            severity = "warning" if fault.is_warning else "error"
            typer.echo(f"{severity} {fault.kind} {fault.case or '-'} {fault.path}: {fault.message}")
        typer.echo(f"{name}: {cases} cases, {len(faults)} faults, {len(found) - len(faults)} warnings")
    if faults:
        raise DataError(f"{name}: {len(faults)} faults; they are listed above")


Findings = tuple[int, list[Fault], dict[str, str], list[str]]


def _prepared(data: Path, fix_header: bool, say: Say) -> Findings:
    from l2b_data.cases.check.data_set import check_dataset
    from l2b_data.cases.check.fix_headers import dataset_pairs, fix_headers
    from l2b_data.cases.dataset import Dataset

    dataset = Dataset.open(data)
    fixed, refused = fix_headers(dataset_pairs(dataset)) if fix_header else ({}, [])
    return len(dataset.cases), check_dataset(dataset, say=say), fixed, refused


def _folders(images: list[str], labels: str, fix_header: bool, say: Say) -> Findings:
    from data_prep.own_cases.check_folder import check_folder
    from data_prep.own_cases.image_pairs import find_pairs
    from l2b_data.cases.check.fix_headers import fix_headers

    cases, faults = find_pairs(images, labels, say=say)
    pairs = {case: (raw.images[0], raw.label) for case, raw in cases.items()}
    fixed, refused = fix_headers(pairs) if fix_header else ({}, [])
    return len(cases), check_folder(cases, faults, say=say), fixed, refused


def _print_json(name: str, cases: int, found: list[Fault], fixed: dict[str, str], refused: list[str]) -> None:
    from dataclasses import asdict

    rows = [{**asdict(fault), "severity": "warning" if fault.is_warning else "error"} for fault in found]
    value = {"data": name, "cases": cases, "faults": rows, "fixed": fixed, "not_fixed": refused}
    typer.echo(json.dumps(value, indent=1, allow_nan=False))
