"""One self-contained HTML page for runs: table, curves, slices to scroll through, cases, the audit's ranking."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from l2b_data.errors import ConfigError
from l2b_data.files.atomic import write_text
from l2b_run.report import curves as report_curves
from l2b_run.report.page import json_for_script, page_source, render_page, run_labels
from l2b_run.report.runs import definitions_of, read_runs
from l2b_seg.report.audit_ranking import audit_table
from l2b_seg.report.pictures import weight_scale
from l2b_seg.report.run_record import RunRecord, read_run
from l2b_seg.report.tables import case_table, run_table, units
from l2b_seg.report.viewer import Viewer, make_viewer

CASES = 4
CURVES = (  # key in metrics.jsonl, title
    ("test_dice", "Dice on the test cases"),
    ("val_dice", "Dice on the validation cases"),
    ("loss", "training loss"),
    ("beta_share", "share of the weight on pseudo-labels (beta); the rest is on given masks (alpha)"),
)
DEFINITIONS = {
    "alpha, beta": "weight of a pixel's given label and of its pseudo-label (the network's own), as L2B (CVPR 2024, "
    "eq. 7 to 9) takes them for the final network and all clean slices; 1 is the weight a pixel has in plain training",
}


def write_report(
    run_dirs: Sequence[Path | str],
    out: Path | str,
    *,
    title: str = "L2B runs",
    cases: int = CASES,
    device: torch.device | str = "cpu",
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write one HTML file about the runs, in the order given, and return its path.

    It holds its styles, script and pictures itself and loads nothing; a content security policy forbids the rest. Every
    text from the files stays text. Of each run folder it reads summary.json, metrics.jsonl, figures.npz and the audit
    where there is one; what is missing is left out. Up to `cases` cases are predicted by every run and shown whole
    (`make_viewer`); `say` gets a line "[2/10] CASE" before each.
    Raises `ConfigError` for no run or a negative number of cases, `DataError` with the faults of all folders, and
    leaves an existing file as it is on any error.
    """
    if not run_dirs:
        raise ConfigError("report: no run folder given; name at least one")
    if cases < 0:
        raise ConfigError(f"--cases {cases}: a number of cases, 0 for none")
    runs = read_runs(run_dirs, read_run)
    labels = run_labels([run.path for run in runs])
    audits = [table for label, run in zip(labels, runs, strict=True) if (table := audit_table(label, run.path))]
    viewer = make_viewer(labels, runs, limit=cases, device=device, say=say) if cases else Viewer()
    write_text(Path(out), _page(title, labels, runs, audits, viewer))
    return Path(out)


def _page(title: str, labels: list[str], runs: list[RunRecord], audits: list[dict[str, Any]], viewer: Viewer) -> str:
    from markupsafe import Markup

    parts: dict[str, Any] = {
        "panels": report_curves.curve_panels(
            [(label, run.epochs) for label, run in zip(labels, runs, strict=True)], CURVES
        ),
        "case_table": case_table(labels, runs),
        "audits": audits,
        "definitions": definitions_of((run.summary for run in runs), DEFINITIONS),
    }
    there = {
        "Runs": True,
        "Curves": bool(parts["panels"]),
        "Slices": bool(viewer.cases),
        "Cases": bool(parts["case_table"]["rows"]),
        "Audit": bool(audits),
        "Definitions": True,
    }
    return render_page(
        "l2b_seg.report",
        "report.html.j2",
        style=page_source("l2b_run.report", "report.css") + page_source("l2b_seg.report", "report.css"),
        script=page_source("l2b_run.report", "tables.js") + page_source("l2b_seg.report", "report.js"),
        title=title,
        sections=[name for name, true in there.items() if true],
        run_table=run_table(labels, runs),
        units=units(runs),
        panel_size=(report_curves.WIDTH, report_curves.HEIGHT),
        shown_cases={case["case"] for case in viewer.cases},
        weight_scale=weight_scale(),
        notes=viewer.notes,
        data=Markup(json_for_script({"sources": viewer.sources, "classes": viewer.classes, "cases": viewer.cases})),
        **parts,
    )
