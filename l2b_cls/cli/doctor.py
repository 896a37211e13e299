"""`l2b-cls doctor`: is this installation fit for use?"""

import json
from typing import Annotated

import typer

from l2b_run.errors import L2BError


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Versions, devices, memory, cache, optional extras, and a training step on each device.

    Exit code 0 if everything needed works, 1 with what is wrong and what to do otherwise.
    """
    from l2b_cls.doctor import doctor as examine
    from l2b_run.doctor import doctor_rows

    found = examine()
    if as_json:
        typer.echo(json.dumps(found, indent=1, allow_nan=False))
    else:
        for name, text in doctor_rows(found):
            typer.echo(f"{name:<28}{text}")
    if not found["usable"]:
        raise L2BError("not usable as it is:\n  " + "\n  ".join(found["problems"]))
