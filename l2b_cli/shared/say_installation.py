"""What `doctor` prints, of either tool."""

import json
from typing import Any

import typer

from l2b_cli.shared.doctor import doctor_rows
from l2b_data.errors import L2BError


def say_installation(found: dict[str, Any], *, as_json: bool) -> None:
    """Print what `examine` found: a line each, or all of it as JSON. Raises L2BError where it is not usable."""
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        for name, text in doctor_rows(found):
            typer.echo(f"{name:<28}{text}")
    if not found["usable"]:
        raise L2BError("not usable as it is:\n  " + "\n  ".join(found["problems"]))
