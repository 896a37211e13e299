"""Case metrics and the summary: values by hand, every empty-mask case, and JSON that is JSON."""

import csv
import io
import json
from dataclasses import asdict

import numpy as np
import pytest
from rich.console import Console

from l2b_seg.metrics.case_metrics import case_class_metrics, case_metrics
from l2b_seg.metrics.metrics_table import metrics_table
from l2b_seg.metrics.summarise import summarise
from l2b_seg.metrics.summary import DISTANCES, METRICS, Summary
from l2b_seg.metrics.write_evaluation import write_case_csv

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
    counts = {key: value for key, value in summary.to_json().items() if key.startswith("n_")}
    assert counts == {"n_cases": 5, "n_defined": 2, "n_missed": 1, "n_false_alarm": 1, "n_both_empty": 1}
    assert summary.mean["dice"] == pytest.approx((0 + 1 + 0 + 0 + 1) / 5)
    assert summary.mean["nsd"] == pytest.approx((0 + 1 + 0 + 0) / 4)
    for name in DISTANCES:
        assert summary.mean[name] == pytest.approx((3 + 0) / 2)
        assert summary.penalised_mean[name] == pytest.approx((3 + 0 + 14 + 14) / 4)
    assert summary.penalised_mean["dice"] == summary.mean["dice"]


def test_existing_readers_of_nnunet_summaries_find_their_keys():
    summary = summarise(metrics_of("apart", "equal"), unit="mm", tolerance=None)
    assert summary.foreground_mean["Dice"] == summary.mean["1"]["Dice"] == 0.5
    assert summary.metric_per_case[1].metrics["1"]["IoU"] == 1
    assert set(summary.foreground_mean) == {"Dice", "IoU", "TP", "FP", "FN", "TN", "n_pred", "n_ref"}


@pytest.mark.parametrize("names", [(), ("missed",), ("both_empty",), ("apart", "missed", "both_empty")])
def test_json_has_no_nan_and_every_value_is_defined(names):
    summary = summarise(metrics_of(*names), unit="voxel", tolerance=2.0)
    text = json.dumps(summary.to_json(), allow_nan=False)
    assert Summary.from_json(json.loads(text)) == summary
    assert (summary.mean["hd"] is None) == ("apart" not in names)
    assert summary.mean.keys() - {"1"} <= summary.definitions.keys()


def test_a_value_that_is_no_number_is_refused():
    broken = case_metrics(*pair("equal"), SPACING)
    object.__setattr__(broken, "hd", float("nan"))
    with pytest.raises(ValueError, match="case Case07: hd"):
        summarise({"Case07": broken}, unit="mm", tolerance=None)


def test_csv_has_a_row_a_case_and_empty_fields(tmp_path):
    summary = summarise(metrics_of("apart", "missed"), unit="mm", tolerance=2.0)
    write_case_csv(summary, tmp_path / "cases.csv")
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


CLASSES = {"gland": 1, "[lesion]": 2}


def two_classes():
    """Case a: gland 3 apart and the lesion missed; case b: gland exact, no lesion in either map."""
    pred, ref = np.zeros((2, *SHAPE), np.uint8)
    pred[0, 1, 4], ref[0, 1, 1], ref[1, 0, 0] = 1, 1, 2
    exact = np.zeros(SHAPE, np.uint8)
    exact[0, 1, 1] = 1
    return {
        "a": case_class_metrics(pred, ref, SPACING, CLASSES, tolerance_mm=2.0),
        "b": case_class_metrics(exact, exact, SPACING, CLASSES, tolerance_mm=2.0),
    }


def test_a_class_is_measured_against_all_the_rest():
    found = two_classes()
    assert {name: one.status for name, one in found["a"].items()} == {"gland": "ok", "[lesion]": "missed"}
    assert found["a"]["gland"].hd == 3
    assert found["b"]["[lesion]"].status == "both_empty"
    one = case_class_metrics(np.full((2, 3), 255), np.full((2, 3), 1), (1, 1), {"gland": 1})
    assert one["gland"].dice == 1, "with one class every value above 0 is it"
    with pytest.raises(ValueError, match="classes is empty"):
        case_class_metrics(np.zeros((2, 3), int), np.zeros((2, 3), int), (1, 1), {})


def test_several_classes_by_hand():
    summary = summarise(two_classes(), unit="mm", tolerance=2.0, classes=CLASSES)
    a, b = summary.metric_per_case
    assert (a.status, a.dice, a.hd, a.nsd) == ("missed", 0, 3, 0)
    assert (b.status, b.dice, b.hd, b.nsd) == ("ok", 1, 0, 1)
    assert (a.tp, a.fp, a.fn) == (0, 1, 2)
    assert a.classes["gland"].hd == 3
    assert a.classes["[lesion]"].hd is None
    counts = {key: value for key, value in summary.to_json().items() if key.startswith("n_")}
    assert counts == {"n_cases": 2, "n_defined": 2, "n_missed": 1, "n_false_alarm": 0, "n_both_empty": 0}
    assert summary.mean["dice"] == 0.5
    assert summary.mean["hd"] == 1.5
    assert summary.penalised_mean["hd"] == pytest.approx(((3 + DIAGONAL) / 2 + 0) / 2)
    lesion = summary.classes["[lesion]"]
    assert (lesion.value, lesion.n_missed, lesion.n_both_empty, lesion.n_defined) == (2, 1, 1, 0)
    assert (lesion.mean["dice"], lesion.mean["hd"]) == (0.5, None)
    assert lesion.penalised_mean["hd"] == pytest.approx(DIAGONAL)
    assert summary.mean["2"]["FN"] == 0.5
    assert a.metrics["2"]["n_ref"] == 1
    assert summary.foreground_mean["Dice"] == 0.5
    assert Summary.from_json(json.loads(json.dumps(summary.to_json(), allow_nan=False))) == summary


def test_a_metric_that_was_not_taken_is_null_in_every_row():
    maps = np.zeros((2, *SHAPE), np.uint8)
    maps[:, 0, 1, 1], maps[:, 0, 2, 2] = 1, 2
    found = {"a": case_class_metrics(*maps, SPACING, CLASSES)}
    (row,) = summarise(found, unit="mm", tolerance=None, classes=CLASSES).to_json()["metric_per_case"]
    assert list(row) == ["case", "status", *METRICS, "tp", "fp", "fn", "tn", "diagonal", "metrics", "classes"]
    assert row["nsd"] is None
    missed = summarise(metrics_of("missed"), unit="mm", tolerance=None).to_json()["metric_per_case"][0]
    assert list(missed) == [name for name in row if name != "classes"]
    assert {missed[name] for name in DISTANCES} == {None}
    assert row["classes"]["gland"] == asdict(found["a"]["gland"])


def test_a_class_alone_is_what_one_class_gives():
    found = two_classes()
    summary = summarise(found, unit="mm", tolerance=2.0, classes=CLASSES)
    alone = summarise({case: one["gland"] for case, one in found.items()}, unit="mm", tolerance=2.0)
    gland = summary.classes["gland"]
    keys = ("n_cases", "n_defined", "n_missed", "penalised_mean")
    assert all(getattr(gland, key) == getattr(alone, key) for key in keys)
    assert gland.mean == {name: value for name, value in alone.mean.items() if name != "1"}
    assert alone.classes is None
    assert "classes" not in alone.metric_per_case[0].to_json()
    wrapped = {case: {"gland": one["gland"]} for case, one in found.items()}
    assert summarise(wrapped, unit="mm", tolerance=2.0, classes={"gland": 1}) == alone
    with pytest.raises(ValueError, match="case a: metrics of gland"):
        summarise(wrapped, unit="mm", tolerance=2.0, classes=CLASSES)


def test_csv_and_table_of_several_classes(tmp_path):
    summary = summarise(two_classes(), unit="mm", tolerance=2.0, classes=CLASSES)
    write_case_csv(summary, tmp_path / "cases.csv")
    rows = list(csv.DictReader((tmp_path / "cases.csv").open()))
    assert [(row["case"], row["class"], row["status"], row["hd"]) for row in rows] == [
        ("a", "gland", "ok", "3.0"),
        ("a", "[lesion]", "missed", ""),
        ("b", "gland", "ok", "0.0"),
        ("b", "[lesion]", "both_empty", ""),
    ]
    text = io.StringIO()
    Console(file=text, width=80, force_terminal=False).print(metrics_table(summary))
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert max(map(len, text.getvalue().splitlines())) <= 80
    means = [line[0].strip("│") for line in lines if any(cell.startswith("n=") for cell in line)]
    assert means == ["mean", "penalised", "gland", "[lesion]", "penalised"]


def test_one_slice_is_measured_in_its_plane():
    """In 3-D every pixel of both discs would be border: ASSD 0.25 here instead of 1."""
    pred, ref = np.zeros((2, 1, 12, 12), bool)
    pred[0, 2:9, 2:9], ref[0, 3:10, 2:9] = True, True
    spacing = (5.0, 0.5, 0.25)
    flat = case_metrics(pred[0], ref[0], spacing[1:], tolerance_mm=0.3)
    assert case_metrics(pred, ref, spacing, tolerance_mm=0.3) == flat
    assert flat.diagonal == pytest.approx(np.hypot(6, 3))
    assert flat.assd > 0.1
