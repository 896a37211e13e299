"""The runs of a report: all folders read or all faults told, and what their terms mean."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from l2b_data.errors import ConfigError, DataError, L2BError
from l2b_run.folder.summary import RunSummary


@dataclass(frozen=True)
class RunRecord:
    """What every run folder says: summary.json and the rows of metrics.jsonl, empty where a file is missing.

    evaluated: what its numbers are means over; `dataset`, the name of the data set's folder, "" where it is not known.
    """

    path: Path
    summary: RunSummary = field(repr=False)
    epochs: list[dict[str, Any]] = field(repr=False)
    dataset: str = ""
    evaluated: frozenset[str] = field(default=frozenset(), repr=False)


Run = TypeVar("Run", bound=RunRecord)


def read_runs(run_dirs: Sequence[Path | str], read: Callable[[Path], Run]) -> list[Run]:
    """What `read` makes of each run folder, in their order.

    Raises ConfigError for no folder, DataError with the faults of all that are refused or not there.
    """
    if not run_dirs:
        raise ConfigError("report: no run folder given; name at least one")
    runs, faults = [], []
    for path in map(Path, run_dirs):
        try:
            if not path.is_dir():
                raise DataError(f"{path}: no such run folder")
            runs.append(read(path))
        except L2BError as error:
            faults.append(str(error))
    if faults:
        raise DataError("report: " + "; ".join(faults))
    return runs


def on_one_data_set(runs: Iterable[RunRecord]) -> bool:
    """Whether runs can be ranked: evaluated on the same cases or samples of the same data set, as far as is known."""
    found = [run for run in runs if run.evaluated]
    names = {run.dataset for run in found} - {""}
    return len(names) < 2 and len({run.evaluated for run in found}) < 2


def dataset_name(split: Mapping[str, Any] | None) -> str:
    """The name of the data set that a split.json names; "" without one."""
    named = (split or {}).get("dataset")
    return Path(named).name if isinstance(named, str) else ""


def require_parts(path: Path, parts: Mapping[str, object], faults: Sequence[str]) -> None:
    """Raises DataError for the faults met in a run folder, or where none of its `parts` (file -> content) is there."""
    if faults:
        raise DataError("; ".join(faults))
    if not any(parts.values()):
        *names, last = parts
        raise DataError(f"{path}: no {', '.join(names)} or {last}: not the folder of a run")


def definitions_of(summaries: Iterable[RunSummary], own: Mapping[str, str]) -> dict[str, str]:
    """Term -> meaning: the definitions of the runs' summaries, a later one over an earlier, and `own` over all."""
    return {term: text for summary in summaries for term, text in summary.definitions.items()} | dict(own)
