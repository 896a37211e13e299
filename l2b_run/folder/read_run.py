"""Run folders: the files that every run has, and folders that must not be written to."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from l2b_data.errors import ConfigError, L2BError

Part = TypeVar("Part")

FOLDS = "splits_final.json"

# what a run would write over; log.txt, which comes first of all, is appended to
_WRITTEN = (
    *("config.yaml", "env.json", "split.json", "noisy_labels.csv", "metrics.jsonl"),
    *("model.safetensors", "encoder.safetensors", "training_weights.npz"),
    *("summary.json", "cases.csv", "predictions.csv", "report.html"),
)


def is_cross_validation(folder: Path) -> bool:
    """Whether a folder holds the runs of folds, which FOLDS lists."""
    return (folder / FOLDS).is_file()


def new_run_faults(out: Path) -> list[str]:
    """What keeps a new run out of the folder `out`, a line each; [] where it may be made or written to.

    It is a file or below one, holds a run that finished an epoch, or files of the user's that a run would replace.
    """
    for place in (out, *out.parents):
        if place.exists() and not place.is_dir():
            what = "is a file" if place == out else f"{place} is a file"
            return [f"--out {out}: {what}; name a folder"]
    if (out / "checkpoint_latest.pt").is_file():
        return [f"{out} already holds a run: name another with --out, or go on with it by --resume {out}"]
    if is_cross_validation(out):
        return [f"{out} already holds a cross-validation: name another with --out, or go on with it by --resume {out}"]
    if (out / "log.txt").is_file():
        return []  # left by a run that ended before its first epoch did
    if lost := [name for name in _WRITTEN if (out / name).exists()]:
        return [f"--out {out}: {', '.join(lost)} would be lost, which no run has left there: name a folder of its own"]
    return []


def check_evaluation_folder(out: Path) -> None:
    """Refuse, before anything is computed, a result folder that would be refused after.

    Raises ConfigError: `out` is a file, or the folder of a training run, whose own summary.json would be lost.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    if (out / "config.yaml").exists():
        raise ConfigError(f"--out {out} is the folder of a run and has a summary.json of its own; choose another")


def read_part(path: Path, read: Callable[[Path], Part], faults: list[str]) -> Part | None:
    """What `read` finds in a file of a run, None where it is absent; what is wrong with it goes to `faults`."""
    if not path.is_file():
        return None
    try:
        return read(path)
    except L2BError as error:
        faults.append(str(error))
        return None
