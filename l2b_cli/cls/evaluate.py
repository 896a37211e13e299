"""`l2b-cls evaluate`: a finished run on labelled samples."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from l2b_cli.shared.options import Device


class Split(StrEnum):
    train = "train"
    val = "val"
    test = "test"


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    data: Annotated[
        Path | None, typer.Option(help="Prepared set of the same classes; the run's own if left out.")
    ] = None,
    split: Annotated[
        Split | None, typer.Option(help="Which samples; if left out, those the run was evaluated on (of --data: test).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for summary.json and predictions.csv.")] = None,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON instead of tables.")] = False,
) -> None:
    """Accuracy, balanced accuracy, AUC and confusion matrix of a run's final network."""
    from rich.console import Console

    from l2b_cls.metrics.evaluate import evaluate_run, write_evaluation
    from l2b_cls.metrics.summary_table import confusion_table, metrics_line
    from l2b_run.folder.read_run import check_evaluation_folder
    from l2b_run.training.device import choose_device

    if out is not None:
        check_evaluation_folder(out)
    found = evaluate_run(run, data=data, split=None if split is None else split.value, device=choose_device(device))
    if out is not None:
        write_evaluation(found, out)
    if as_json:
        typer.echo(json.dumps(found.summary, indent=1, allow_nan=False))
        return
    Console().print(confusion_table(found.summary))
    typer.echo(metrics_line(found.summary))
