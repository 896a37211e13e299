"""`l2b-seg reproduce` as a user runs it, on the challenge's own layout."""

import json

from l2b_cli.seg.reproduce import reproduce as reproduce_command
from pipelines.reproduce.cells import estimate as module
from pipelines.reproduce.cells.time_steps import Timing
from tests.command import call_command
from tests.data_prep.conftest import challenge  # noqa: F401 - fixture

CASES = [0, 1, 2, 5, 14, 29]  # published training cases, and the published meta cases 05, 14, 29
TINY = ("epochs=2", "slices.size=32", "network.widths=[4,4,4,4,4]", "data.test_cases=1", "batch_size=8")


def test_a_level_of_table_6(challenge, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(module, "measure_apart", lambda run, kind, jobs: Timing(0.1, 1.0, 2.0, 2, 100.0))
    sets = [part for one in TINY for part in ("--set", one)]
    code, text, said = call_command(
        reproduce_command,
        *("table6", "--data", challenge(CASES), "--preset", "cpu", "--device", "cpu", "--out", tmp_path / "t"),
        *("--cells", "promise12:L2", "--methods", "unetpp", *sets),
    )
    assert code == 0, said
    assert "[1/1] promise12-L2_unetpp_s0 finished: 2 epochs" in said
    found = json.loads((tmp_path / "t" / "table6.json").read_text())
    (ours,) = [cell for cell in found["cells"] if cell["row"] == "unetpp"]
    summary = json.loads((tmp_path / "t" / "runs" / "promise12-L2_unetpp_s0" / "summary.json").read_text())
    assert summary["noise"] == {"level": "L2", "seed": 0}
    assert ours["paper"] == {"mean": 73.74, "std": None, "n": 5}
    assert ours["last"]["mean"] == 100 * summary["mean"]["dice"]
    assert "2 training cases, 3 clean, 1 evaluated; slices of 32 x 32; UNet++ 4-4-4-4-4, 2 epochs" in " ".join(
        text.split()
    )
    assert [line.split() for line in text.splitlines()][2:4] == [[], ["promise12", "L2"]]


def test_the_list():
    code, text, _ = call_command(reproduce_command, "--list")
    assert code == 0
    assert "promise12: L1, L2, L3" in text
    assert "table1" not in text
