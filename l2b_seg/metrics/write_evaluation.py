"""The files of a run's or an evaluation's summary: summary.json and cases.csv."""

from pathlib import Path

from l2b_data.files.atomic import write_text
from l2b_data.files.table import table_text
from l2b_seg.metrics.summary import COUNTS, METRICS, Summary


def write_summary(summary: Summary, out: Path) -> None:
    """summary.json and cases.csv in the folder `out`, each atomically. Raises L2BError where it cannot be written."""
    summary.write(out)
    write_case_csv(summary, out / "cases.csv")


def write_case_csv(summary: Summary, path: Path) -> None:
    """A header and a row a case, with empty fields where a metric is undefined; of several classes a row each."""
    columns = ("status", *METRICS, *COUNTS, "diagonal")
    rows = []
    for row in summary.metric_per_case:
        for name, metrics in row.classes.items() if row.classes else [("", row)]:
            rows.append((row.case, *([name] if row.classes else []), *(getattr(metrics, key) for key in columns)))
    write_text(path, table_text(("case", *(["class"] if summary.classes else []), *columns), rows))
