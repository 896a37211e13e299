"""What a command loads when it starts: torch where a network is needed alone, MONAI and its like nowhere."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIGHT = {
    "seg": ("apply", "check", "compare", "corrupt", "evaluate", "prepare/own", "prepare/published"),
    "cls": ("apply", "check", "compare", "corrupt", "report", "prepare/own", "prepare/published"),
}
WITH_TORCH = {
    "seg": ("audit", "export", "predict", "report", "train", "weights"),
    "cls": ("audit", "evaluate", "export", "predict", "train"),
}
TORCH = ("torch", "torchvision")
SLOW = ("monai", "timm", "segmentation_models_pytorch", "torch._dynamo", "sklearn", "skimage", "pandas", "matplotlib")


def imports_of(file: Path) -> list[str]:
    """Import statements inside the functions of a command's module: what it loads when it runs."""
    functions = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)]
    found = [node for function in functions for node in ast.walk(function) if isinstance(node, ast.ImportFrom)]
    return sorted({ast.unparse(node) for node in found})


def loaded(lines: list[str], modules: tuple[str, ...]) -> str:
    code = "\n".join([*lines, "import sys", f"print(sorted(set({modules!r}) & set(sys.modules)))"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("tool", ["seg", "cls"])
def test_commands_without_a_network_load_no_torch(tool):
    lines = [line for name in LIGHT[tool] for line in imports_of(ROOT / "l2b_cli" / tool / f"{name}.py")]
    assert len(lines) >= len(LIGHT[tool])
    assert loaded(lines, (*TORCH, *SLOW, "scipy.stats")) == "[]"


@pytest.mark.parametrize("tool", ["seg", "cls"])
def test_commands_with_a_network_load_torch_and_nothing_slower(tool):
    lines = [line for name in WITH_TORCH[tool] for line in imports_of(ROOT / "l2b_cli" / tool / f"{name}.py")]
    assert loaded(lines, (*TORCH, *SLOW, "scipy.stats")) == "['torch']"
