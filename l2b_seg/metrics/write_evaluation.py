"""The files of a run's or an evaluation's summary: summary.json and cases.csv."""

import csv
import io
from pathlib import Path

from l2b_data.files.atomic import write_text
from l2b_run.folder.read_run import check_evaluation_folder
from l2b_seg.metrics.summary import COUNTS, METRICS, Summary


def write_evaluation(summary: Summary, out: Path) -> None:
    """`write_summary` into the folder `out`, over the files of an earlier evaluation.

    Raises ConfigError: as `check_evaluation_folder`; L2BError: the folder cannot be written.
    """
    check_evaluation_folder(out)
    write_summary(summary, out)


def write_summary(summary: Summary, out: Path) -> None:
    """summary.json and cases.csv in the folder `out`, each atomically. Raises L2BError where it cannot be written."""
    summary.write(out)
    write_case_csv(summary, out / "cases.csv")


def write_case_csv(summary: Summary, path: Path) -> None:
    """A header and a row a case, with empty fields where a metric is undefined; of several classes a row each."""
    columns = ("status", *METRICS, *COUNTS, "diagonal")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("case", *(["class"] if summary.classes else []), *columns))
    for row in summary.metric_per_case:
        measured = row.classes.items() if row.classes else [("", row)]
        for name, metrics in measured:
            writer.writerow((row.case, *([name] if row.classes else []), *(getattr(metrics, key) for key in columns)))
    write_text(path, text.getvalue())
