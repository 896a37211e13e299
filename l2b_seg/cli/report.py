"""`l2b-seg report`: runs -> one HTML page."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, in the order of the table.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "L2B runs",
) -> None:
    """Write one self-contained HTML page: table, curves, contours, weight maps."""
    from l2b_seg.report import write_report

    typer.echo(write_report(runs, out, title=title))
