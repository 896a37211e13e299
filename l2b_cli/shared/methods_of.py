"""`methods` of either tool, and the names in its table."""

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from l2b_cli.shared.options import AsJson
from l2b_cli.shared.result import Part, print_result

if TYPE_CHECKING:
    from l2b_run.training.method import Method

_NEEDS = {"never": "no", "judge": "yes, or --no-clean", "teach": "yes"}


def method_names(table: str) -> str:
    """The names in METHODS of the module `table`, for a help text: read from its source, as importing it takes seconds.

    Raises LookupError where METHODS is no dict literal there.
    """
    spec = find_spec(table)
    assert spec is not None
    assert spec.origin is not None
    for node in ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body:
        if (
            isinstance(node, ast.AnnAssign)
            and ast.unparse(node.target) == "METHODS"
            and isinstance(node.value, ast.Dict)
        ):
            return ", ".join(str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))
    raise LookupError(f"{table}: no METHODS = {{...}}")


def methods_of(table: str) -> Callable[..., None]:
    """The command of a tool whose METHODS stand in the module `table`, which is imported when the command runs."""

    def methods(as_json: AsJson = False) -> None:
        """What `train --method` takes: each method, its source, clean labels needed, cost of a step in plain steps."""
        rows = [method_row(name, method) for name, method in import_module(table).METHODS.items()]
        print_result(rows, _parts(rows), as_json=as_json)

    return methods


def method_row(name: str, method: "Method") -> dict[str, Any]:
    """What the table says of a method, ready for JSON."""
    return {
        "name": name,
        "text": method.text,
        "source": method.source,
        "clean_labels": method.clean != "never",
        "without_clean": method.clean != "teach",
        "cost": method.cost,
        "aliases": list(method.aliases),
        "settings": None if method.settings is None else method.settings[0],
        "needs": _NEEDS[method.clean],
    }


def _parts(rows: list[dict[str, Any]]) -> Iterator[Part]:
    table = Table(box=None, pad_edge=False)
    for heading in ("method", "what it does", "clean labels", "cost"):
        table.add_column(heading, justify="right" if heading == "cost" else "left", overflow="fold")
    for row in rows:
        table.add_row(row["name"], f"{row['text']}\n[dim]{row['source']}[/dim]", row["needs"], f"{row['cost']:g}")
    yield table
    yield "cost: of a step in plain steps, with a meta batch as large as the train batch; --json has all there is"
