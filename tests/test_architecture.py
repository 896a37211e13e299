"""The import arrows tools -> domain -> engine, read from the source with ast (lazy imports count as well)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"l2b", "l2b_run", "l2b_seg", "l2b_cls", "data_prep", "pipelines"}
ALLOWED = {
    "l2b": {"l2b"},
    "l2b_run": {"l2b", "l2b_run"},
    "l2b_seg": {"l2b", "l2b_run", "l2b_seg"},
    "l2b_cls": {"l2b", "l2b_run", "l2b_cls"},
    "l2b_seg/cli": OURS - {"l2b_cls"},
    "l2b_cls/cli": OURS - {"l2b_seg"},
    "data_prep": {"data_prep", "l2b_seg", "l2b_cls", "l2b_run"},
    "pipelines": OURS,
}
FILES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def imported_modules(source: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or "")
            else:
                assert node.module is not None
                # `from package import module` names the module only through its alias
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2]) if parts[1] == "cli" else parts[0]


def faults(source: str, path: Path) -> list[str]:
    own = layer(path)
    found = []
    for name in imported_modules(source, path):
        top, _, rest = name.partition(".")
        if name.startswith("."):
            found.append(f"{path}: relative import {name}")
        elif top in OURS:
            if top not in ALLOWED[own]:
                found.append(f"{path}: {own} imports {name}")
            if rest.split(".")[0] == "cli" and own != f"{top}/cli":
                found.append(f"{path}: imports the command line {name}")
        elif own == "l2b" and top != "torch" and top not in sys.stdlib_module_names:
            found.append(f"{path}: the engine imports {name}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("l2b/x.py", "import numpy"),
        ("l2b/x.py", "from l2b_run import errors"),
        ("l2b_run/x.py", "import l2b_seg"),
        ("l2b_seg/x.py", "from data_prep import masks"),
        ("l2b_seg/x.py", "def f():\n    from l2b_seg.cli import main"),
        ("l2b_seg/x.py", "from l2b_seg import cli"),
        ("l2b_cls/cli/x.py", "import l2b_seg.volume"),
        ("data_prep/x.py", "import pipelines"),
        ("l2b_seg/x.py", "from . import volume"),
    ],
)
def test_the_rule_catches(file: str, line: str) -> None:
    assert len(faults(line, ROOT / file)) == 1
