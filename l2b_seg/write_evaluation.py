"""The files of an evaluation: summary.json and cases.csv."""

from pathlib import Path
from typing import Any

from l2b_run.atomic import write_json
from l2b_run.errors import ConfigError
from l2b_seg.summary import write_case_csv


def check_out(out: Path) -> None:
    """Refuse, before anything is computed, a result folder that would be refused after.

    Raises:
        ConfigError: `out` is a file, or the folder of a training run, whose own summary.json would be lost.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    if (out / "config.yaml").exists():
        raise ConfigError(f"--out {out} is the folder of a run and has a summary.json of its own; choose another")


def write_evaluation(summary: dict[str, Any], out: Path) -> None:
    """Write summary.json and cases.csv into the folder `out`, each atomically, over those of an earlier evaluation.

    Raises:
        ConfigError: as `check_out`.
        L2BError: the folder cannot be written.
    """
    check_out(out)
    write_json(out / "summary.json", summary)
    write_case_csv(out / "cases.csv", summary)
