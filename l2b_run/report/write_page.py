"""The frame of a report's page: runs in numbers, curves and definitions around the sections of a task."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l2b_data.files.atomic import write_text
from l2b_run.report.curves import HEIGHT, WIDTH, curve_panels
from l2b_run.report.page import page_source, render_page
from l2b_run.report.runs import RunRecord, definitions_of


def write_page(
    out: Path | str,
    package: str,
    *,
    title: str,
    labels: Sequence[str],
    runs: Sequence[RunRecord],
    curves: Sequence[tuple[str, str]],
    definitions: Mapping[str, str],
    sections: Mapping[str, object],
    more_curves: Sequence[object] = (),
    **values: Any,
) -> Path:
    """Write report.html.j2 of `package`/templates, which extends frame.html.j2, with report.css and report.js there.

    It holds its styles, script and pictures itself and loads nothing; a content security policy forbids the rest. Every
    text from the files stays text. curves: (key in metrics.jsonl, title). sections: heading -> what it shows; one
    without anything is left out. more_curves: what the template draws below the runs' curves. Atomic: on any error an
    existing file stays as it is. Returns the path.
    """
    panels = curve_panels([(label, run.epochs) for label, run in zip(labels, runs, strict=True)], curves)
    there = {"Runs": True, "Curves": panels or more_curves, **sections, "Definitions": True}
    page = render_page(
        package,
        "report.html.j2",
        style=page_source("l2b_run.report", "report.css") + page_source(package, "report.css"),
        script=page_source("l2b_run.report", "tables.js") + page_source(package, "report.js"),
        title=title,
        sections=[name for name, shown in there.items() if shown],
        panels=panels,
        panel_size=(WIDTH, HEIGHT),
        more_curves=more_curves,
        definitions=definitions_of((run.summary for run in runs), definitions),
        **values,
    )
    write_text(Path(out), page)
    return Path(out)
