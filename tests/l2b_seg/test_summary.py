"""Case metrics and the summary: values by hand, every empty-mask case, and JSON that is JSON."""

import csv
import io
import json

import numpy as np
import pytest
from rich.console import Console

from l2b_seg.case_metrics import case_metrics
from l2b_seg.summary import DISTANCES, metrics_table, summarise, write_case_csv

SPACING = (3.0, 1.0, 1.0)
SHAPE = (2, 4, 12)
DIAGONAL = np.sqrt((2 * 3) ** 2 + 4**2 + 12**2)  # 14


def mask(*voxels):
    array = np.zeros(SHAPE, bool)
    for voxel in voxels:
        array[voxel] = True
    return array


def pair(name):
    one, three_apart, empty = mask((0, 1, 1)), mask((0, 1, 4)), mask()
    return {
        "apart": (one, three_apart),
        "equal": (one, one),
        "missed": (empty, one),
        "false_alarm": (one, empty),
        "both_empty": (empty, empty),
    }[name]


def metrics_of(*names):
    return {name: case_metrics(*pair(name), SPACING, tolerance_mm=2.0) for name in names}


def test_counts_and_overlap_by_hand():
    pred, ref = mask((0, 0, 0), (0, 0, 1), (0, 0, 2)), mask((0, 0, 1), (0, 0, 2), (1, 0, 2), (1, 0, 3))
    found = case_metrics(pred, ref, SPACING)
    assert (found.tp, found.fp, found.fn, found.tn) == (2, 1, 2, 96 - 5)
    assert found.dice == pytest.approx(4 / 7)
    assert found.iou == pytest.approx(2 / 5)
    assert found.diagonal == pytest.approx(DIAGONAL)
    assert found.hd == pytest.approx(np.hypot(3, 1))  # (1, 0, 3) to (0, 0, 2)


@pytest.mark.parametrize(
    ("name", "dice", "nsd"), [("missed", 0, 0), ("false_alarm", 0, 0), ("both_empty", 1, None), ("equal", 1, 1)]
)
def test_empty_masks(name, dice, nsd):
    found = metrics_of(name)[name]
    assert found.status == ("ok" if name == "equal" else name)
    assert (found.dice, found.iou, found.nsd) == (dice, dice, nsd)
    assert [getattr(found, distance) for distance in DISTANCES] == [0 if name == "equal" else None] * len(DISTANCES)


def test_means_by_hand():
    summary = summarise(metrics_of("apart", "equal", "missed", "false_alarm", "both_empty"), unit="mm", tolerance=2.0)
    counts = {key: value for key, value in summary.items() if key.startswith("n_")}
    assert counts == {"n_cases": 5, "n_defined": 2, "n_missed": 1, "n_false_alarm": 1, "n_both_empty": 1}
    assert summary["mean"]["dice"] == pytest.approx((0 + 1 + 0 + 0 + 1) / 5)
    assert summary["mean"]["nsd"] == pytest.approx((0 + 1 + 0 + 0) / 4)
    for name in DISTANCES:
        assert summary["mean"][name] == pytest.approx((3 + 0) / 2)
        assert summary["penalised_mean"][name] == pytest.approx((3 + 0 + 14 + 14) / 4)
    assert summary["penalised_mean"]["dice"] == summary["mean"]["dice"]


def test_existing_readers_of_nnunet_summaries_find_their_keys():
    summary = summarise(metrics_of("apart", "equal"), unit="mm", tolerance=None)
    assert summary["foreground_mean"]["Dice"] == summary["mean"]["1"]["Dice"] == 0.5
    assert summary["metric_per_case"][1]["metrics"]["1"]["IoU"] == 1
    assert set(summary["foreground_mean"]) == {"Dice", "IoU", "TP", "FP", "FN", "TN", "n_pred", "n_ref"}


@pytest.mark.parametrize("names", [(), ("missed",), ("both_empty",), ("apart", "missed", "both_empty")])
def test_json_has_no_nan_and_every_value_is_defined(names):
    summary = summarise(metrics_of(*names), unit="voxel", tolerance=2.0)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["mean"]["hd"] is None) == ("apart" not in names)
    undefined = set(summary["mean"]) - {"1"} - set(summary["definitions"])
    assert not undefined


def test_a_value_that_is_no_number_is_refused():
    broken = case_metrics(*pair("equal"), SPACING)
    object.__setattr__(broken, "hd", float("nan"))
    with pytest.raises(ValueError, match="case Case07: hd"):
        summarise({"Case07": broken}, unit="mm", tolerance=None)


def test_csv_has_a_row_a_case_and_empty_fields(tmp_path):
    summary = summarise(metrics_of("apart", "missed"), unit="mm", tolerance=2.0)
    write_case_csv(tmp_path / "cases.csv", summary)
    rows = list(csv.DictReader((tmp_path / "cases.csv").open()))
    assert [row["case"] for row in rows] == ["apart", "missed"]
    assert [row["hd"] for row in rows] == ["3.0", ""]
    assert [path.name for path in tmp_path.iterdir()] == ["cases.csv"]


def test_table_fits_80_columns_and_takes_a_case_id_literally():
    cases = {"[red]" + "long_case_id_" * 4: case_metrics(*pair("apart"), (999.0, 999.0, 999.0), tolerance_mm=2.0)}
    cases |= metrics_of("missed", "false_alarm", "both_empty")
    text = io.StringIO()
    summary = summarise(cases, unit="mm", tolerance=2.0)
    Console(file=text, width=80, force_terminal=False).print(metrics_table(summary))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert "[red]" in text.getvalue()
    assert "2997.00" in text.getvalue()
    assert "1 missed, 1 false alarms, 1 both empty" in text.getvalue()
    assert any(line.startswith("│penalised") and "n=3" in line for line in lines)
