"""Two runs beside each other: what each is, and what differs between them besides their scores."""

from collections.abc import Callable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from l2b_data.errors import DataError
from l2b_data.files.json_object import read_json_object
from l2b_run.folder.summary import RunSummary, method_of

Said = TypeVar("Said", bound=RunSummary)


@dataclass(frozen=True)
class Side(Generic[Said]):
    """A run or an evaluation as it was named, its summary.json, and its split.json, {} for an evaluation."""

    path: Path
    summary: Said = field(repr=False)
    split: dict[str, Any] = field(repr=False)

    def about(self, **score: float) -> dict[str, Any]:
        """What it is, for the record of a comparison, with its mean score."""
        said = self.summary
        known = {"method": said.method, "meta_source": said.meta_source, "noise": said.noise, "seed": said.seed}
        return {"path": str(self.path), **known, **score}


def side_of(path: Path, summary: Said) -> Side[Said]:
    """The run or evaluation in `path`, whose summary is read already. Raises DataError for a damaged split.json."""
    split = path / "split.json"
    return Side(path, summary, read_json_object(split, way_out="") if split.is_file() else {})


def require_common(common: Sized, a: Side[Any], b: Side[Any], *, noun: str) -> None:
    """Raises DataError where no `noun` ("case") was evaluated in both."""
    if not len(common):
        raise DataError(f"{a.path} and {b.path} have no {noun} in common; compare runs evaluated on the same {noun}s")


def training_differs(
    a: Side[Said], b: Side[Said], *, noise: Callable[[Said], str], seen: Mapping[str, str], named: int = 0
) -> Iterator[str]:
    """Lines that say what else differs between two trained runs; none where one is an evaluation.

    noise: the noise of a summary in words. seen: key of split.json -> what it holds; of a list the number is shown, and
    the first `named` of it.
    """
    if not (a.split and b.split):
        return
    if a.summary.noise != b.summary.noise:
        yield f"noise differs: {noise(a.summary)} in A, {noise(b.summary)} in B"
    for key, name in seen.items():
        first, second = (sorted(one) if isinstance(one, list) else one for one in (a.split.get(key), b.split.get(key)))
        if first != second:
            yield f"{name} differ: {shown(a.split.get(key), named)} in A, {shown(b.split.get(key), named)} in B"


def shown(value: Any, named: int = 0) -> str:
    """A value of split.json in a line: of a list its length, and the first `named` of it."""
    if not isinstance(value, list):
        return str(value)
    first = ", ".join(map(str, value[:named])) + (", ..." if len(value) > named else "")
    return f"{len(value)} ({first})" if value and named else "none" if named else str(len(value))


def side_lines(comparison: Mapping[str, Any], *, noise: Callable[[Any], str | None]) -> Iterator[str]:
    """Two lines, "A = PATH (method, noise)" and B's, of a comparison that holds `Side.about` of both."""
    for name in ("a", "b"):
        run = comparison[name]
        about = ", ".join(filter(None, (method_of(run["method"], run["meta_source"]), noise(run["noise"]))))
        yield f"{name.upper()} = {run['path']}" + (f" ({about})" if about else "")


def p_text(p: float | None) -> str:
    """A p value for a table."""
    return "-" if p is None else f"{p:.2g}"
