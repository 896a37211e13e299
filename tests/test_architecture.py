"""The import table of the house, and no circle of files or folders, read from the source with ast."""

import ast
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED: dict[str, set[str]] = {
    "l2b": set(),
    "l2b_data": set(),
    "l2b_run": {"l2b", "l2b_data"},
    "l2b_seg": {"l2b", "l2b_data", "l2b_run"},
    "l2b_cls": {"l2b", "l2b_data", "l2b_run"},
    "data_prep": {"l2b_data"},
    "pipelines": {"l2b", "l2b_data", "l2b_run", "l2b_seg", "l2b_cls", "data_prep"},
    "l2b_cli": {"l2b", "l2b_data", "l2b_run", "l2b_seg", "l2b_cls", "data_prep", "pipelines"},
}
FILES = sorted(path.relative_to(ROOT) for package in ALLOWED for path in (ROOT / package).rglob("*.py"))


def imported_names(source: str) -> Iterator[str]:
    """Dotted names, lazy imports included; `from a import b` gives a.b, which may be a module or a value in a."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level + (node.module or "")
            else:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def faults(source: str, path: Path) -> list[str]:
    """Imports of a file (path relative to the root) that the table does not allow."""
    own = path.parts[0]
    found = []
    for name in imported_names(source):
        top = name.partition(".")[0]
        if name.startswith("."):
            found.append(f"{path}: relative import {name}")
        elif top in ALLOWED:
            if top != own and top not in ALLOWED[own]:
                found.append(f"{path}: {own} imports {name}")
        elif own == "l2b" and top != "torch" and top not in sys.stdlib_module_names:
            found.append(f"{path}: the engine imports {name}")
    return found


def file_arrows(sources: Mapping[Path, str]) -> dict[str, set[str]]:
    """File -> files it imports, both as paths; a folder's __init__.py stands for the folder where it is imported."""
    there = {str(path) for path in sources}

    def target(name: str) -> str | None:
        parts = name.split(".")
        while parts:
            for candidate in ("/".join(parts) + ".py", "/".join(parts) + "/__init__.py"):
                if candidate in there:
                    return candidate
            parts.pop()
        return None

    arrows: dict[str, set[str]] = {}
    for path, source in sources.items():
        found = {target(name) for name in imported_names(source)} - {None, str(path)}
        arrows[str(path)] = {name for name in found if name is not None}
    return arrows


def folder_arrows(arrows: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Folder -> folders its files import. A file of a package's top level counts as a room of its own."""

    def room(file: str) -> str:
        parts = file.split("/")
        return "/".join(parts[:2])

    rooms: dict[str, set[str]] = {}
    for file, targets in arrows.items():
        rooms.setdefault(room(file), set()).update({room(target) for target in targets} - {room(file)})
    return rooms


def circles(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of two or more that reach each other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(arrows.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


def _sources() -> dict[Path, str]:
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in FILES}


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_follow_the_table(package: str) -> None:
    found = [fault for path, source in _sources().items() if path.parts[0] == package for fault in faults(source, path)]
    assert found == []


def test_no_circle_of_files() -> None:
    assert circles(file_arrows(_sources())) == []


def test_no_circle_of_folders() -> None:
    assert circles(folder_arrows(file_arrows(_sources()))) == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("l2b/x.py", "import numpy"),
        ("l2b/x.py", "from l2b_data import errors"),
        ("l2b_data/x.py", "import l2b_run.training.loop"),
        ("l2b_run/x.py", "import l2b_seg"),
        ("l2b_seg/x.py", "from data_prep import masks"),
        ("l2b_seg/x.py", "def f():\n    from l2b_cli.seg import main"),
        ("l2b_seg/x.py", "import l2b_cls.task"),
        ("data_prep/x.py", "import l2b_run.audit"),
        ("pipelines/x.py", "import l2b_cli"),
        ("l2b_seg/x.py", "from . import volume"),
    ],
)
def test_the_table_catches(file: str, line: str) -> None:
    assert len(faults(line, Path(file))) == 1


def test_circles_are_caught() -> None:
    files = {
        Path("l2b_seg/a/one.py"): "from l2b_seg.b.two import f",
        Path("l2b_seg/b/two.py"): "def g():\n    from l2b_seg.a import three",
        Path("l2b_seg/a/three.py"): "import torch",
        Path("l2b_seg/a/four.py"): "from l2b_seg.a.five import x",
        Path("l2b_seg/a/five.py"): "import l2b_seg.a.four",
    }
    arrows = file_arrows(files)
    assert circles(arrows) == [["l2b_seg/a/five.py", "l2b_seg/a/four.py"]]
    assert circles(folder_arrows(arrows)) == [["l2b_seg/a", "l2b_seg/b"]]


def test_folders_stay_small() -> None:
    """About 14 files a folder: more wants rooms of its own."""
    sizes: dict[str, int] = {}
    for path in FILES:
        if path.name != "__init__.py":
            sizes[str(path.parent)] = sizes.get(str(path.parent), 0) + 1
    assert {folder: n for folder, n in sizes.items() if n > 15} == {}


def test_what_benchmarks_import_is_there() -> None:
    """Of our own modules, also in functions: a benchmark runs too long to be run by a test."""
    absent = []
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ALLOWED:
                module = importlib.import_module(node.module)
                absent += [f"{path.name}: {node.module}.{a.name}" for a in node.names if not hasattr(module, a.name)]
    assert absent == []
