"""Blocks that a terminal holds, the paper's number above ours, and a caption that says what was run."""

import pytest

from pipelines.reproduce.cells.choose_runs import Asked
from pipelines.reproduce.cells.table_task import table_task
from pipelines.reproduce.results.collect import collect
from pipelines.reproduce.results.text_table import blocks, caption, heading
from pipelines.reproduce.tables.read_table import read_table
from tests.pipelines.reproduce.results.conftest import ASKED


def nothing_run(tmp_path, name, kind="classification"):
    task = table_task(kind)
    return collect(read_table(name, kind), task, Asked(tmp_path, {}, "paper"), known=task.methods)


def test_a_line_of_the_paper_and_two_of_ours(reproduced):
    (block,) = blocks(reproduced("table1", {"l2b": [0.5, 0.6], "ce": [0.4]}, **ASKED))
    assert (block.heading, block.heads) == ("cifar10", ["uniform:0.4"])
    assert [(line.title, line.what, *line.texts) for line in block.lines] == [
        ("CE", "paper", "83.3"),
        ("", "best", "40.0 (1)"),
        ("", "last", "30.0 (1)"),
        ("Bootstrap", "paper", "82.9"),
        ("L2RW", "paper", "86.6"),
        ("L2B", "paper", "89.9"),
        ("", "best", "55.0 ± 7.1 (2)"),
        ("", "last", "45.0 ± 7.1 (2)"),
    ]


@pytest.mark.parametrize(
    ("name", "width", "sizes"),
    [
        ("table1", 100, [4, 4, 4]),
        ("table1", 66, [2, 2, 2, 2, 2, 2]),
        ("rmnw1", 100, [3, 3, 3, 3]),  # four would fit, and leave two alone
        ("rmnw3", 200, [6, 6]),
        ("table4", 10, [1]),
    ],
)
def test_columns_are_spread_over_blocks_of_one_data_set_that_fit(tmp_path, name, width, sizes):
    found = blocks(nothing_run(tmp_path, name), width)
    assert [len(block.heads) for block in found] == sizes


def test_our_numbers_count_in_the_width(reproduced):
    results = reproduced("table1", {"ce": [0.5, 0.6]}, cells=["cifar10"], methods=["ce"], seeds=2)
    assert [len(block.heads) for block in blocks(results, 80)] == [4]
    assert [len(block.heads) for block in blocks(results, 78)] == [2, 2]


def test_quoted_numbers_missing_ones_and_standard_deviations(tmp_path):
    first = blocks(nothing_run(tmp_path, "rmnw1"))[0]
    texts = {line.title: line.texts for line in first.lines}
    assert texts["S-Model (B)"] == ["83.79 ± 0.11", "79.58 ± 0.33", "–"]
    assert "RMNW-Net" in texts


def test_the_title_stands_in_the_first_line_of_a_figure_s_row(tmp_path):
    lines = blocks(nothing_run(tmp_path, "fig4"))[0].lines
    assert [(line.title, line.what) for line in lines] == [
        ("CE", "paper"),
        ("Bootstrap", "paper"),
        ("L2RW", "paper"),
        ("L2B", "paper"),
    ]


def test_the_caption_says_what_was_run(reproduced):
    results = reproduced(
        "table1", {"ce": [0.5]}, overrides=["epochs=4"], failed={"x_s0": "error: y (exit code 1; x.log)"}, **ASKED
    )
    assert heading(results).startswith("table1: symmetric noise (uniform over all classes). L2B (CVPR 2024), Table 1")
    lines = caption(results)
    assert lines[0].startswith("Accuracy %. paper: as published. best, last: ")
    assert lines[1] == "Ours: preset cpu, --set epochs=4."
    assert lines[2].startswith("cifar10: 9,500 training images of 2 classes at 32 pixels, 5,000 evaluated; small-cnn")
    assert lines[3].startswith("Not the paper's size: ")
    assert lines[-1] == "Failed: x_s0: error: y (exit code 1; x.log)"
    assert results.table.notes[0] in lines


def test_the_paper_s_own_size_is_not_called_small(tmp_path):
    results = nothing_run(tmp_path, "table6", "segmentation")
    assert not [line for line in caption(results) if "Not the paper's size" in line]
    assert "The paper's own numbers are means of 5 runs." in caption(results)
