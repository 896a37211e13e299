"""Options that stand in a dataclass, as typer sees them."""

from dataclasses import dataclass
from typing import Annotated

from typer import Argument, Option

from l2b_cli.shared.options import names, spread
from tests.command import call_command


@dataclass(frozen=True)
class Split:
    count: Annotated[int, Option(min=0)] = 3
    cases: Annotated[str | None, Option("--ids")] = None


@spread
def command(folder: Annotated[str, Argument()], split: Split, fast: Annotated[bool, Option("--fast")] = False) -> None:
    """What it does."""
    print(folder, split, fast)


def test_the_fields_are_options_and_come_back_as_the_dataclass():
    assert call_command(command, "a") == (0, f"a {Split()} False\n", "")
    given = call_command(command, "a", "--ids", "p,q", "--count", 0, "--fast")
    assert given == (0, f"a {Split(0, 'p,q')} True\n", "")
    assert call_command(command, "a", "--count", -1)[0] == 2
    assert call_command(command)[0] == 2
    assert "What it does." in call_command(command, "--help")[1]


def test_names():
    assert names(" a, b,,") == ("a", "b")
    assert names(None) == ()
