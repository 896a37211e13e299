"""The runs of a report: all folders read or all faults told, and what their terms mean."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from l2b_data.errors import DataError, L2BError

Run = TypeVar("Run")


def read_runs(run_dirs: Sequence[Path | str], read: Callable[[Path | str], Run]) -> list[Run]:
    """What `read` makes of each run folder, in their order; DataError with the faults of all that it refuses."""
    runs, faults = [], []
    for path in run_dirs:
        try:
            runs.append(read(path))
        except L2BError as error:
            faults.append(str(error))
    if faults:
        raise DataError("report: " + "; ".join(faults))
    return runs


def definitions_of(summaries: Iterable[Mapping[str, Any]], own: Mapping[str, str]) -> dict[str, Any]:
    """Term -> meaning: the "definitions" of the runs' summaries, a later one over an earlier, and `own` over all."""
    found = [summary["definitions"] for summary in summaries if isinstance(summary.get("definitions"), dict)]
    return {str(term): meaning for definitions in found for term, meaning in definitions.items()} | dict(own)
