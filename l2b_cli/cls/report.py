"""`l2b-cls report`: runs -> one HTML page."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from l2b_cli.shared.options import Page, Runs, Title
from l2b_cli.shared.say import stderr_lines


def report(
    runs: Runs,
    out: Page = Path("report.html"),
    title: Title = "L2B runs",
    samples: Annotated[int, Option(min=0, help="Training samples shown of each run; 0: none.")] = 36,
) -> None:
    """Write one self-contained HTML page: table, curves, confusion, the most distrusted samples, the audit.

    After an audit (RUN/audit) the samples are those it found most suspicious, else those whose given label the run's
    weights, or its loss, disbelieved. Without the data set the samples are shown without pictures.
    """
    from l2b_cls.report.write_report import write_report

    with stderr_lines("report") as say:
        written = write_report(runs, out, title=title, samples=samples, say=say)
    typer.echo(written)
