"""`l2b-cls doctor`: is this installation fit for use?"""

from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Versions, devices, memory, cache, optional extras, and a training step on each device.

    Exit code 0 if everything needed works, 1 with what is wrong and what to do otherwise.
    """
    from l2b_cli.cls.trial_step import doctor as examine
    from l2b_cli.shared.say_installation import say_installation

    say_installation(examine(), as_json=as_json)
