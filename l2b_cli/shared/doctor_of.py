"""`doctor` of either tool."""

from collections.abc import Callable, Mapping

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import print_result
from l2b_data.errors import L2BError

_SAME = ("torch", "torchvision", "numpy", "scipy", "pydantic", "typer", "rich", "pooch", "matplotlib", "jinja2")
SHARED_PACKAGES = {name: name for name in (*_SAME, "safetensors")} | {"pillow": "PIL", "PyYAML": "yaml"}
"""Distribution -> module of what both tools need."""


def doctor_of(packages: Mapping[str, str], tiny_step: Callable[[str], None]) -> Callable[..., None]:
    """The command of a tool that needs these packages (distribution -> module) and such a training step (`examine`)."""

    def doctor(as_json: AsJson = False) -> None:
        """Versions, devices, memory, cache, optional extras, and a training step on each device.

        Exit code 0 if everything needed works, 1 with what is wrong and what to do otherwise.
        """
        from l2b_cli.shared.doctor import doctor_rows, examine

        found = examine(packages, tiny_step)
        print_result(found, (f"{name:<28}{text}" for name, text in doctor_rows(found)), as_json=as_json)
        if not found["usable"]:
            raise L2BError("not usable as it is:\n  " + "\n  ".join(found["problems"]))

    return doctor
