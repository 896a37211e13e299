"""Results on stdout, warnings on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from l2b_data.errors import SomeCasesFailed
from l2b_run.folder.record import plain

Part = str | Table


def print_result(value: Any, parts: Iterable[Part], *, as_json: bool) -> None:
    """Print `value` as JSON, or else each of `parts`; a generator of parts then does not run."""
    if as_json:
        typer.echo(json.dumps(plain(value), indent=1, allow_nan=False))
        return
    print_parts(parts)


def print_parts(parts: Iterable[Part], *, stderr: bool = False) -> None:
    """Print each of `parts` on its own lines, on stdout or stderr."""
    for part in parts:
        if isinstance(part, str):
            typer.echo(part, err=stderr)
        else:
            Console(stderr=stderr).print(part)


def warn(lines: Iterable[str]) -> None:
    """Print each line as a warning."""
    for line in lines:
        print(f"warning: {line}", file=sys.stderr)


def refuse_failed(failed: Iterable[str], total: int, what: str) -> None:
    """Raises SomeCasesFailed where some of `total` did, with a line of each; `what`: such as "images were not read"."""
    if lines := list(failed):
        raise SomeCasesFailed(f"{len(lines)} of {total} {what}:\n  " + "\n  ".join(lines))


def onnx_lines(written: Mapping[str, Any], of: str) -> Iterator[str]:
    """What `export_onnx` wrote and how far it is from the run, on inputs that are slices or images."""
    differences = ", ".join(f"{value:.1e} on {name} {of}" for name, value in written["parity"].items() if name != "run")
    yield f"{written['file']}: {written['bytes'] / 1e6:.1f} MB, opset {written['opset']}"
    yield f"largest difference of a probability, onnxruntime against torch: {differences}"
