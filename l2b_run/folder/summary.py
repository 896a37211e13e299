"""summary.json as a typed object: the part both tasks write."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from l2b_data.files.atomic import write_json
from l2b_data.files.json_object import read_json_object
from l2b_run.folder.record import Record
from l2b_run.settings.shared import TrainingSettings
from l2b_run.training.epoch_row import EpochRow
from l2b_run.training.nothing_learnt import learning_warnings


@dataclass(frozen=True, kw_only=True)
class RunSummary(Record):
    """What a summary.json says, whatever the task; in that of a mere evaluation what concerns a run is None.

    warnings: lines to show. one_class: the network predicts nothing, or one class, after all of its training.
    """

    noise: dict[str, str | int] | str | None = None
    method: str | None = None
    meta_source: str | None = None
    method_text: str | None = None
    seed: int | None = None
    preset: str | None = None
    train_seconds: float | None = None
    total_seconds: float | None = None
    peak_memory_mb: float | None = None
    warnings: list[str] | None = None
    one_class: bool | None = None
    definitions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, *, way_out: str = "") -> Self:
        """The summary in the file `path`. Raises DataError as `read_json_object`."""
        return cls.from_json(read_json_object(path, way_out=way_out))

    def write(self, out: Path) -> None:
        """summary.json in the folder `out`, atomically. Raises L2BError where it cannot be written."""
        write_json(out / "summary.json", self.to_json())


def method_of(method: str | None, meta_source: str | None) -> str | None:
    """A method as a reader knows a run apart by: "l2b --no-clean" where no clean case or sample judged."""
    return f"{method} --no-clean" if method and meta_source == "online" else method


def of_run(settings: TrainingSettings, method_text: str, history: Sequence[EpochRow]) -> dict[str, Any]:
    """What both tasks say of a run alike."""
    return {
        "method": settings.method,
        "meta_source": settings.meta.source,
        "method_text": method_text,
        "seed": settings.seed,
        "preset": settings.preset,
        "train_seconds": sum(row.seconds for row in history),
        **learning_warnings(settings, history[-1]),
    }


def mean_of_last(history: Sequence[EpochRow], score: str) -> float:
    """Mean of `score` over the last ten evaluated epochs; there must be one."""
    found = [row.test[score] for row in history if row.test][-10:]
    return float(sum(found) / len(found))
