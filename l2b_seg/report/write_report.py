"""One self-contained HTML page for runs: table, curves, slices to scroll through, cases, the audit's ranking."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from markupsafe import Markup

from l2b_data.errors import ConfigError
from l2b_run.report.page import json_for_script, run_labels, write_page
from l2b_run.report.runs import read_runs
from l2b_seg.report.audit_ranking import audit_table
from l2b_seg.report.pictures import trust_scale, weight_scale
from l2b_seg.report.run_record import read_run
from l2b_seg.report.tables import case_table, run_table, units
from l2b_seg.report.viewer import Viewer, make_viewer

CASES = 4
CURVES = (  # key in metrics.jsonl, title
    ("test_dice", "Dice on the test cases"),
    ("val_dice", "Dice on the validation cases"),
    ("loss", "training loss"),
    ("beta_share", "share of the weight on pseudo-labels (beta); the rest is on given masks (alpha)"),
    ("split_labelled", "share of the training slices that keep their mask"),
)
DEFINITIONS = {
    "trust": "probability that a pixel's given label is right, under a network of the audit that did not see the case, "
    "calibrated on clean cases",
    "alpha, beta": "training weights: what a run gave a pixel's given label and its pseudo-label (the network's own) "
    "by L2B (CVPR 2024, eq. 7 to 9), mean of its weighted epochs; 1 is the weight a pixel has in plain training. They "
    "say what taught the network, not which label is right. Where a run kept none: of its last network, judged by all "
    "clean slices",
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
    """Write one HTML file about the runs, in the order given, as `write_page` does, and return its path.

    Of each run folder it reads summary.json, metrics.jsonl, figures.npz and the audit where there is one; what is
    missing is left out. Up to `cases` cases are predicted by every run and shown whole (`make_viewer`); `say` gets a
    line "[2/10] CASE" before each. Raises `ConfigError` for no run or a negative number of cases, `DataError` with the
    faults of all folders.
    """
    if cases < 0:
        raise ConfigError(f"--cases {cases}: a number of cases, 0 for none")
    runs = read_runs(run_dirs, read_run)
    labels = run_labels([run.path for run in runs])
    audits = [table for label, run in zip(labels, runs, strict=True) if (table := audit_table(label, run.path))]
    viewer = make_viewer(labels, runs, limit=cases, device=device, say=say) if cases else Viewer()
    by_case = case_table(labels, runs)
    return write_page(
        out,
        "l2b_seg.report",
        title=title,
        labels=labels,
        runs=runs,
        curves=CURVES,
        definitions=DEFINITIONS,
        sections={"Slices": viewer.cases, "Cases": by_case["rows"], "Audit": audits},
        run_table=run_table(labels, runs),
        units=units(runs),
        shown_cases={case["case"] for case in viewer.cases},
        weight_scale=weight_scale(),
        trust_scale=trust_scale(),
        notes=viewer.notes,
        case_table=by_case,
        audits=audits,
        data=Markup(json_for_script({"sources": viewer.sources, "classes": viewer.classes, "cases": viewer.cases})),
    )
