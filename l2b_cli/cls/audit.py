"""`l2b-cls audit`: a run -> its training labels ranked by suspicion."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from l2b_cli.shared.options import AuditOptions, Run, spread
from l2b_cli.shared.result import Part

if TYPE_CHECKING:
    from l2b_cls.run_data import RunData
    from l2b_run.audit.cross_fit import AuditOptions as Networks

_SHOWN = 15


@spread
def audit(run: Run, *, options: AuditOptions) -> None:
    """Rank a run's training labels by how likely they are wrong, with a proposed label for each.

    Writes audit.csv (every sample), audit.json and audit.html (the most suspicious with their pictures).
    """
    from l2b_cli.shared.audit_a_run import audit_a_run
    from l2b_cls.audit.audit import audit as audit_run
    from l2b_cls.report.write_report import write_report
    from pipelines.plan.classification import CLASSIFICATION

    def judged(data: "RunData", folder: Path, networks: "Networks") -> dict[str, Any]:
        result = audit_run(run, data, folder, networks)
        write_report([run], folder / "audit.html", title=f"Audit of {run.resolve().name}", audit=folder)
        return result

    audit_a_run(run, CLASSIFICATION, options, audit=judged, results=_results)


def _results(result: dict[str, Any], folder: Path) -> Iterator[Part]:
    from l2b_cls.report.tables import quality_rows

    yield _table(result)
    yield f"{result['flagged']} of {result['n']} labels doubted (another label is more probable)"
    truth = result["truth"]
    if truth is not None:
        yield f"against the clean labels ({truth['wrong']} of {truth['known']} given labels wrong):"
        headings = ("AUROC", "AP", "flagged", "precision", "recall")
        for row in quality_rows(truth):
            known = [(name, text) for name, text in zip(headings, row["cells"], strict=True) if text != "–"]
            yield f"  {row['name']}: {', '.join(f'{name} {text}' for name, text in known)}"
        yield f"  right labels: given {truth['given_accuracy']:.1%}, proposed {truth['proposal_accuracy']:.1%}"
    yield f"Look at them: {folder / 'audit.html'}; all of them: {folder / 'audit.csv'}"


def _table(result: dict[str, Any]) -> Table:
    """The most suspicious samples, at most 80 columns wide."""
    from l2b_cli.shared.audit_a_run import judged_by

    title = f"Most suspicious of {result['n']} labels, judged by {judged_by(result, 'label')}"
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("sample", overflow="fold", min_width=10)
    known = result["truth"] is not None
    for heading in ("given", "proposed", *(("clean",) if known else ())):
        table.add_column(heading, overflow="fold")
    for heading in ("score", "p(given)", "loss"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in result["samples"][:_SHOWN]:
        texts = [row["given"], row["proposed"], *((row["clean"] or "-",) if known else ())]
        numbers = [f"{row['score']:.3f}", f"{row['probability_given']:.3f}", f"{row['loss']:.2f}"]
        table.add_row(Text(row["name"]), *(Text(text) for text in texts), *numbers)
    return table
