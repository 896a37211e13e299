"""`l2b-seg report`: runs -> one HTML page."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from l2b_cli.shared.options import Device, Page, Runs, Title
from l2b_cli.shared.say import stderr_lines


def report(
    runs: Runs,
    out: Page = Path("report.html"),
    title: Title = "L2B runs",
    cases: Annotated[int, Option(min=0, help="Cases to predict and show whole; 0: none.")] = 10,
    device: Device = "auto",
) -> None:
    """Write one self-contained HTML page: table, curves, slices to scroll through, cases, the audit's ranking.

    Half of the shown cases are test cases, from the hardest to the easiest, half training cases with their weights;
    after an audit (RUN/audit) three quarters are training cases, those it found most suspicious. A run whose data set
    has moved shows the slices it kept.
    """
    from l2b_run.training.device import choose_device
    from l2b_seg.report.write_report import write_report

    with stderr_lines("report") as say:
        written = write_report(runs, out, title=title, cases=cases, device=choose_device(device), say=say)
    typer.echo(written)
