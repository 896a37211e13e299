"""Options that the commands of both tools share."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]

# of `train`
Preset = Annotated[str | None, typer.Option(help="paper or cpu; cpu where no CUDA device is.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="key=value over the recipe; repeatable.")]
RunFolder = Annotated[Path | None, typer.Option(help="Run folder; runs/RECIPE_METHOD_NOISE_sSEED if left out.")]
TrainSeed = Annotated[int, typer.Option(min=0, help="Seed of network and batches.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, print the settings, stop.")]
SummaryAsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]

_WITH_RESUME = ("recipe", "data", "device", "resume", "dry_run", "as_json")


def say_unused(context: typer.Context) -> None:
    """Warn of options of `train` that stand on the command line and that --resume, given as well, leaves unused."""
    if context.params.get("resume") is None:
        return
    unused = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name is not None
        and parameter.name not in _WITH_RESUME
        and (source := context.get_parameter_source(parameter.name)) is not None
        and source.name == "COMMANDLINE"
    ]
    if unused:
        print(f"warning: --resume keeps the run's own settings; not used: {', '.join(unused)}", file=sys.stderr)
