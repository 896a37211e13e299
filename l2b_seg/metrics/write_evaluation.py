"""The files of an evaluation: summary.json and cases.csv."""

from pathlib import Path
from typing import Any

from l2b_data.files.atomic import write_json
from l2b_run.folder.read_run import check_evaluation_folder
from l2b_seg.metrics.summary import write_case_csv


def write_evaluation(summary: dict[str, Any], out: Path) -> None:
    """Write summary.json and cases.csv into the folder `out`, each atomically, over those of an earlier evaluation.

    Raises:
        ConfigError: as `check_evaluation_folder`.
        L2BError: the folder cannot be written.
    """
    check_evaluation_folder(out)
    write_json(out / "summary.json", summary)
    write_case_csv(out / "cases.csv", summary)
