"""The epochs of a run in a tracker as well; metrics.jsonl stays the record, and a tracker is brought up to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from l2b_data.files.extras import require_extra
from l2b_run.training.epoch_row import METRICS, Progress, read_epochs

TrackerName = Literal["tensorboard", "mlflow"]
End = Literal["FINISHED", "FAILED", "KILLED"]


class Tracker(Protocol):
    """epochs: those it has already. log: the numbers of an epoch, by name. close: how the run ended."""

    epochs: set[int]

    def log(self, epoch: int, values: Mapping[str, float]) -> None: ...

    def close(self, end: End) -> None: ...


Open = Callable[[Path, Mapping[str, Any], bool], Tracker]


def require_tracker(name: TrackerName | None) -> None:
    """Raise ConfigError, with the command that installs it, where the tracker's package is missing."""
    if name is not None:
        require_extra("track", f"--track {name}", only=name)


@contextmanager
def tracked(name: TrackerName | None, out: Path, settings: Mapping[str, Any]) -> Iterator[Progress]:
    """Yield a function for the rows of training: after each epoch the tracker has all of out/metrics.jsonl.

    The tracker is opened at the first epoch's end, so that a resumed run brings along the epochs before it; None tracks
    nothing. settings: of the run, for trackers that keep parameters.
    """
    if name is None:
        yield lambda row: None
        return
    opened = list[Tracker]()

    def follow(row: dict[str, Any]) -> None:
        if "seconds" not in row:
            return
        epochs = read_epochs(out / METRICS, [])
        if opened and row["epoch"] in opened[0].epochs:  # training has started anew
            opened.pop().close("FAILED")
        if not opened:
            opened.append(_OPEN[name](out, settings, len(epochs) > 1))
        for one in epochs:
            if one["epoch"] not in opened[0].epochs:
                opened[0].log(one["epoch"], numbers(one))
                opened[0].epochs.add(one["epoch"])

    end: End = "FAILED"
    try:
        yield follow
        end = "FINISHED"
    except KeyboardInterrupt:
        end = "KILLED"
        raise
    finally:
        for tracker in opened:
            tracker.close(end)


def numbers(row: Mapping[str, Any], before: str = "") -> dict[str, float]:
    """The numbers of a row of metrics.jsonl but its epoch: "loss", and "auc_noise_detection/alpha" of nested ones."""
    found = dict[str, float]()
    for key, value in row.items():
        if isinstance(value, Mapping):
            found |= numbers(value, f"{before}{key}/")
        elif isinstance(value, int | float) and not isinstance(value, bool) and before + key != "epoch":
            found[before + key] = float(value)
    return found


def _tensorboard(out: Path, settings: Mapping[str, Any], resumed: bool) -> Tracker:
    from l2b_run.tracking.tensorboard import TensorBoard

    return TensorBoard(out)


def _mlflow(out: Path, settings: Mapping[str, Any], resumed: bool) -> Tracker:
    from l2b_run.tracking.mlflow import Mlflow

    return Mlflow(out, settings, resumed=resumed)


_OPEN: dict[TrackerName, Open] = {"tensorboard": _tensorboard, "mlflow": _mlflow}
