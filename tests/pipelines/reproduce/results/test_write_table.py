"""The three files of a table."""

import json

import matplotlib.image
import pytest

from pipelines.reproduce.results.write_table import markdown, results_json, write_table
from tests.pipelines.reproduce.results.conftest import ASKED


def test_markdown_has_a_row_a_line(reproduced):
    lines = markdown(reproduced("table1", {"ce": [0.4]}, **ASKED)).splitlines()
    assert lines[0] == ("## table1: symmetric noise (uniform over all classes). L2B (CVPR 2024), Table 1")
    assert lines[2:8] == [
        "| cifar10 |  | uniform:0.4 |",
        "| --- | --- | ---: |",
        "| CE | paper | 83.3 |",
        "|  | best | 40.0 (1) |",
        "|  | last | 30.0 (1) |",
        "| Bootstrap | paper | 82.9 |",
    ]
    assert "- Ours: preset cpu." in lines


def test_json_has_a_cell_each_and_the_command_of_every_run(reproduced, tmp_path):
    found = results_json(reproduced("table1", {"ce": [0.4, 0.5]}, **ASKED))
    json.dumps(found, allow_nan=False)
    cell, other = found["cells"][0], found["cells"][1]
    assert (cell["cell"], cell["noise"], cell["row"], cell["title"]) == ("cifar10:0.4", "uniform:0.4", "ce", "CE")
    assert cell["paper"] == {"mean": 83.3, "std": None, "n": None}
    assert cell["best"] == {"mean": pytest.approx(45), "std": pytest.approx(7.0711, abs=1e-3), "n": 2}
    assert cell["runs"] == ["cifar10-uniform-0.4_ce_s0", "cifar10-uniform-0.4_ce_s1"]
    assert (other["row"], other["best"], other["runs"]) == ("bootstrap-hard", None, [])
    command = found["commands"]["cifar10-uniform-0.4_ce_s1"]
    assert command[:2] == ["train", "cifar10"]
    assert command[command.index("--seed") + 1] == "1"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("table1", ASKED),
        ("fig1a", {"seeds": 2}),
        ("table2", {"cells": ["cifar10"]}),
    ],
)
def test_the_three_files_and_a_picture_with_something_on_it(reproduced, tmp_path, name, asked):
    write_table(reproduced(name, {"ce": [0.4], "bootstrap-hard-0.6": [0.4, 0.5], "mixup": [0.3]}, **asked))
    assert {path.name for path in tmp_path.iterdir()} == {"runs", *(f"{name}.{end}" for end in ("md", "json", "png"))}
    page = matplotlib.image.imread(tmp_path / f"{name}.png")[..., :3]
    height, width, _ = page.shape
    assert 800 < width < 1400
    dark = (page.mean(-1) < 0.6).nonzero()
    assert dark[0].min() < 0.2 * height
    assert dark[0].max() > 0.8 * height
    assert dark[0].max() < height - 5  # nothing runs out of the page
    assert dark[1].max() < width - 5


def test_a_curve_has_the_colour_of_its_row(reproduced, tmp_path):
    write_table(reproduced("fig1a", {"bootstrap-hard-0.8": [0.4, 0.5]}, seeds=2))
    page = (matplotlib.image.imread(tmp_path / "fig1a.png")[..., :3] * 255).round()
    there = {
        name: (abs(page - colour).max(-1) < 3).any()
        for name, colour in (
            ("first", (0x00, 0x72, 0xB2)),
            ("second", (0xD5, 0x5E, 0x00)),
        )
    }
    assert there == {"first": False, "second": True}
