"""The code of docs/engine.md, run as it stands there."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch

PAGE = (Path(__file__).parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:^ {4}.*\n|^\n(?= {4}))+", flags=re.MULTILINE)
SECTIONS = {
    part.partition("\n")[0].lstrip("# "): part for part in re.split(r"^(?=#)", PAGE, flags=re.MULTILINE) if part
}
FIRST = "The engine in a loop of your own"


def run(section: str, names: dict[str, Any]) -> None:
    blocks = BLOCK.findall(SECTIONS[section])
    assert len(blocks) == 1
    exec(compile(textwrap.dedent(blocks[0]), f"docs/engine.md: {section}", "exec"), names)


@pytest.fixture
def names() -> dict[str, Any]:
    """What the first block leaves to those after it."""
    torch.manual_seed(0)
    found: dict[str, Any] = {}
    run(FIRST, found)
    return found


def test_every_block_is_run_here():
    with_code = {title for title, part in SECTIONS.items() if BLOCK.search(part)}
    own = {"A MONAI Trainer", "A Lightning module"}
    assert with_code == {FIRST, "What goes in", "Any optimizer", "Several batches a step", "Mixed precision"} | own


def test_the_first_loop(names):
    assert names["step"].weights.shape == (2, 64)
    agree = names["pseudo"](names["step"].logits) == names["y"]
    assert torch.equal(names["alpha"][agree], names["beta"][agree])
    assert not names["step"].no_weight


@pytest.mark.parametrize("section", ["What goes in", "Any optimizer", "Mixed precision"])
def test_a_step(section, names):
    first = names["step"]
    run(section, names)
    assert names["step"] is not first
    assert not names["step"].no_weight
    assert names["step"].gradient_norm < float("inf")


def test_several_batches_move_the_parameters_once(names):
    before = names["model"].weight.detach().clone()
    run("Several batches a step", names)
    assert names["model"].weight.grad is None
    assert not torch.equal(before, names["model"].weight)


def test_the_monai_trainer(names):
    pytest.importorskip("ignite", reason="MONAI's trainers need pytorch-ignite: extra `loops` is not installed")
    run("A MONAI Trainer", names)
    trainer = names["trainer"]
    assert (trainer.state.epoch, trainer.state.iteration) == (2, 4)
    assert trainer.optimizer.state  # AdamW has stepped
    assert trainer.state.output["pred"].shape == (4, 1, 16, 16)


@pytest.mark.filterwarnings("ignore")
def test_the_lightning_module(names, tmp_path, monkeypatch):
    pytest.importorskip("lightning", reason="extra `loops` is not installed")
    monkeypatch.chdir(tmp_path)
    run("A Lightning module", names)
    assert names["lightning_trainer"].global_step == 2 * 4
    assert float(names["lightning_trainer"].callback_metrics["no_weight"]) == 0
    assert names["module"].optimizers().optimizer.state
