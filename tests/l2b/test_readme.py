"""README's loop of one's own, run as it stands there."""

import textwrap
from pathlib import Path

import torch

README = Path(__file__).parents[2] / "README.md"


def test_the_loop_runs():
    after = README.read_text(encoding="utf-8").split("In a loop of your own", 1)[1].split("\n\n", 1)[1]
    code = after[: after.index("\n[docs/engine.md]")]
    names: dict = {}
    torch.manual_seed(0)
    exec(textwrap.dedent(code), names)
    assert names["step"].weights.shape == (2, 64)
    assert torch.equal(torch.stack([names["alpha"], names["beta"]]), names["step"].weights)
    agree = names["pseudo"](names["step"].logits) == names["y"]
    assert torch.equal(names["alpha"][agree], names["beta"][agree])
    assert not names["step"].no_weight
