"""`l2b-cls evaluate`: a finished run on labelled samples."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Option

from l2b_cli.shared.options import AsJson, Device, Run
from l2b_cli.shared.result import print_result


def evaluate(
    run: Run,
    data: Annotated[Path | None, Option(help="Prepared set of the same classes; the run's own if left out.")] = None,
    split: Annotated[
        Literal["train", "val", "test"] | None,
        Option(help="Which samples; if left out, those the run was evaluated on (of --data: test)."),
    ] = None,
    out: Annotated[Path | None, Option(help="Folder for summary.json and predictions.csv.")] = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Accuracy, balanced accuracy, AUC and confusion matrix of a run's final network."""
    from l2b_cls.metrics.evaluate import evaluate_run, write_evaluation
    from l2b_cls.metrics.summary_table import class_tables, metrics_line
    from l2b_run.folder.read_run import check_evaluation_folder
    from l2b_run.training.device import choose_device

    if out is not None:
        check_evaluation_folder(out)
    found = evaluate_run(run, data=data, split=split, device=choose_device(device))
    if out is not None:
        write_evaluation(found, out)
    parts = (*class_tables(found.summary), metrics_line(found.summary))
    print_result(found.summary, parts, as_json=as_json)
