"""`l2b-seg corrupt --mistakes` as a user calls it, and what reads the masks it wrote."""

import json

import numpy as np
import pytest

from data_prep.mask_sets.folder import prepare_folder
from data_prep.own_cases.label_values import parse_label_values
from data_prep.own_cases.split import SplitOptions
from l2b_cli.seg.check import check as check_command
from l2b_cli.seg.corrupt import corrupt as command
from l2b_cli.seg.train import train as train_command
from l2b_data.cases.label_map import case_labels
from tests.command import call_command
from tests.data_prep.conftest import prepared  # noqa: F401 - fixture
from tests.data_prep.own_data import write_volumes
from tests.l2b_cli.seg.test_train import recipe  # noqa: F401 - fixture

SHAPE = (10, 48, 48)


def test_a_table_of_what_was_spoilt(prepared):  # noqa: F811
    root = prepared(6, shape=SHAPE).root
    code, told, said = call_command(command, root, "--mistakes", "swapped,class-missing", "--share", 0.4)
    assert code == 0
    assert said.count("swapped") == 2
    lines = told.splitlines()
    assert sum("swapped" in line for line in lines) == 2
    assert lines[-3:] == [
        "2 of 6 masks spoilt",
        "Left out, no case can have it: class-missing",
        str(root / "labelsTr_mistakes_s0"),
    ]
    code, told, said = call_command(command, root, "--mistakes", "mirrored", "--seed", 4, "--json")
    row = json.loads(told)
    assert (code, said, row["counts"], row["spoilt"], row["cases"]) == (0, "", {"mirrored": 1}, 1, 6)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), "either --level L1, L2 or L3, or --mistakes"),
        (("--mistakes", "all", "--level", "L1"), "either --level L1, L2 or L3, or --mistakes"),
        (("--mistakes", "turned"), "--mistakes 'turned': there are all, swapped"),
        (("--mistakes", "all", "--share", 0), "--share 0: above 0 and at most 1"),
        (("--mistakes", "all", "--target-dice", 0.5), "go with --level"),
        (("--mistakes", "all", "--no-calibrate"), "go with --level"),
        (("--mistakes", "all", "--sheet", "sheet.png"), "go with --level"),
    ],
)
def test_wrong_usage(prepared, arguments, named):  # noqa: F811
    root = prepared(2, shape=SHAPE).root
    code, told, message = call_command(command, root, *arguments)
    assert (code, told) == (2, "")
    assert named in message
    assert not list(root.glob("labelsTr_*"))


def test_another_planting_is_refused(prepared):  # noqa: F811
    root = prepared(4, shape=SHAPE).root
    assert call_command(command, root, "--mistakes", "mirrored")[0] == 0
    code, _, message = call_command(command, root, "--mistakes", "shifted")
    assert (code, "labelsTr_mistakes_s0 holds another corruption (differs in: kinds)" in message) == (3, True)


def test_train_and_check_read_masks_spoilt_from_own_values(recipe, tmp_path):  # noqa: F811
    images, masks = write_volumes(tmp_path / "raw", [f"c{number}" for number in range(6)], scale=3)
    values = parse_label_values("background=0,core=6,rim=3")
    split = SplitOptions(meta_cases=("c3",), test_cases=("c4", "c5"))
    dataset = prepare_folder([str(images)], str(masks), tmp_path / "data", split=split, label_values=values)
    arguments = ("--mistakes", "classes-exchanged", "--share", 1)
    assert call_command(command, dataset.root, *arguments)[0] == 0
    for case in dataset.splits["train"]:
        clean, given = (case_labels(dataset, case, name).array for name in ("labelsTr", "labelsTr_mistakes_s0"))
        np.testing.assert_array_equal(given, np.array([0, 2, 1])[clean])
        assert clean.max() == 2
    assert call_command(check_command, dataset.root)[0] == 0
    run = tmp_path / "run"
    wanted = ("--data", dataset.root, "--labels", "labelsTr_mistakes_s0", "--method", "joint", "--out", run)
    code, _, message = call_command(train_command, recipe, "--preset", "cpu", *wanted, "--set", "epochs=1")
    assert code == 0, message
    record = json.loads((run / "split.json").read_text())
    assert record["labels"] == "labelsTr_mistakes_s0"
