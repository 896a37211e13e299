"""One metric of a run, case by case, and what it must share with another run for a fair comparison."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object

_WAY_OUT = "give the folder of a finished run or evaluation"
# split.json: what decides the data a run has seen, and how to call it
_SEEN = {"train": "training cases", "meta": "clean (meta) cases", "labels": "given masks", "dataset": "data sets"}


@dataclass(frozen=True)
class Scores:
    """A metric of one run: case id -> value, None where undefined; and the same by class name.

    summary: the rest of summary.json. split: the run's split.json, empty for the output of `evaluate`.
    """

    path: Path
    values: dict[str, float | None]
    classes: dict[str, dict[str, float | None]]
    references: dict[str, str] = field(repr=False)
    summary: dict[str, Any] = field(repr=False)
    split: dict[str, Any] = field(repr=False)

    @property
    def unit(self) -> str | None:
        return self.summary.get("unit")

    @property
    def tolerance(self) -> float | None:
        return self.summary.get("tolerance")

    def about(self, cases: Sequence[str]) -> dict[str, Any]:
        """Path, method and noise, and the mean over `cases` (all with a value), for the record of a comparison."""
        return {
            "path": str(self.path),
            "method": self.summary.get("method"),
            "meta_source": self.summary.get("meta_source"),
            "noise": self.summary.get("noise"),
            "seed": self.summary.get("seed"),
            "mean": fmean(value for case in cases if (value := self.values[case]) is not None),
        }

    def warnings_beside(self, other: "Scores") -> list[str]:
        """What makes a difference between the two runs hard to read, a line each."""
        warnings = []
        if self.summary.get("noise") != other.summary.get("noise") and self.split and other.split:
            warnings.append(f"noise differs: {_noise(self.summary)} in A, {_noise(other.summary)} in B")
        for key, name in _SEEN.items():
            if self.split and other.split and _plain(self.split.get(key)) != _plain(other.split.get(key)):
                warnings.append(
                    f"{name} differ: {_shown(self.split.get(key))} in A, {_shown(other.split.get(key))} in B"
                )
        moved = [case for case, path in self.references.items() if other.references.get(case, path) != path]
        if moved:
            warnings.append(f"reference masks come from different files in {len(moved)} cases, such as {moved[0]}")
        if self.classes.keys() != other.classes.keys():
            warnings.append(f"classes differ: {_shown(list(self.classes))} in A, {_shown(list(other.classes))} in B")
        return warnings


def read_scores(path: Path, metric: str) -> Scores:
    """Read the summary.json of a run or evaluation (its folder, or the file itself).

    Raises:
        DataError: no such file, damaged, a case twice, or no such metric in a case.
    """
    file = path / "summary.json" if path.is_dir() else path
    summary = read_json_object(file, way_out=_WAY_OUT)
    rows = summary.get("metric_per_case")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "case" in row for row in rows):
        raise DataError(
            f"{file} has no metric_per_case with a case in each row; give a folder of `train` or `evaluate`"
        )
    names = [str(row["case"]) for row in rows]
    if len(set(names)) < len(names):
        raise DataError(f"{file} names a case twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
    classes: dict[str, dict[str, float | None]] = {name: {} for name in summary.get("classes", {})}
    for row in rows:
        for name, of_class in row.get("classes", {}).items():
            classes.setdefault(name, {})[str(row["case"])] = _value(file, row["case"], of_class, metric)
    split = path / "split.json"
    return Scores(
        path,
        {str(row["case"]): _value(file, row["case"], row, metric) for row in rows},
        classes,
        {str(row["case"]): str(row["reference_file"]) for row in rows if "reference_file" in row},
        summary,
        read_json_object(split, way_out=_WAY_OUT) if split.is_file() else {},
    )


def _value(file: Path, case: str, row: Mapping[str, Any], metric: str) -> float | None:
    value = row.get(metric, "absent")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DataError(f"{file}: {metric} of case {case} is {value}, no number")
    return float(value)


def _noise(summary: Mapping[str, Any]) -> str:
    noise = summary.get("noise") or {}
    return f"{noise.get('level')} (seed {noise.get('seed')})" if noise.get("level") else "none named"


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return (
            f"{len(value)} ({', '.join(map(str, value[:3]))}{', ...' if len(value) > 3 else ''})" if value else "none"
        )
    return str(value)
