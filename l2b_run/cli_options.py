"""Options that the commands of both tools share."""

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
