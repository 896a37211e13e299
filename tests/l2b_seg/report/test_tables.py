"""The numbers of runs and cases as texts: several classes, what is unknown, what no case has."""

from pathlib import Path

from l2b_seg.metrics.summary import Summary
from l2b_seg.report.run_record import RunRecord
from l2b_seg.report.tables import ALL_CLASSES, case_table, run_table, units

ONE = {
    "method": "l2b",
    "meta_source": "online",
    "noise": {"level": "L2", "seed": 0},
    "mean": {"dice": 0.5, "hd": 20.0},
    "best": {"dice": 0.75, "epoch": 3},
    "n_missed": 1,
    "unit": "voxel",
    "metric_per_case": [{"case": "b", "dice": 0.5, "hd": 2.5}, {"case": "a", "dice": None}],
}
TWO = ONE | {
    "noise": {"level": "clean"},
    "unit": "mm",
    "classes": {"zone": {"mean": {"dice": 0.25}}},
    "metric_per_case": [{"case": "c", "dice": 0.5, "classes": {"zone": {"dice": 0.25}}}],
}


def records(*said):
    return [RunRecord(Path(f"run{number}"), Summary.from_json(one), []) for number, one in enumerate(said)]


def test_a_row_a_run_and_a_column_a_class():
    table = run_table(["one", "two", "three"], records(ONE, TWO, {}))
    assert [key for key, _ in table["columns"]] == [
        *("last", "best", "class zone", "hd", "hd95", "assd", "n_missed", "train_seconds", "peak_memory_mb"),
    ]
    first, second, empty = table["rows"]
    assert (first["method"], first["noise"], second["noise"]) == ("l2b --no-clean", "L2", "none added")
    assert [first["cells"][key] for key in ("last", "best", "hd", "n_missed", "class zone")] == [
        *("0.5000", "0.7500", "20.00", "1", "–"),
    ]
    assert second["cells"]["class zone"] == "0.2500"
    assert set(empty["cells"].values()) == {"–"}


def test_cases_hardest_first_and_of_several_classes_each():
    table = case_table(["one", "two"], records(ONE, TWO))
    assert table["metrics"] == [("dice", "Dice"), ("hd", "HD")]
    assert table["classes"] == ["", "zone", ALL_CLASSES]
    assert [(row["case"], row["run"], row["class"], row["texts"]["dice"]) for row in table["rows"]] == [
        ("a", "one", "", "–"),
        ("c", "two", "zone", "0.250"),
        ("b", "one", "", "0.500"),
        ("c", "two", ALL_CLASSES, "0.500"),
    ]


def test_units_in_words():
    assert units(records(ONE, TWO)) == "mm and voxels"
    assert units(records({})) == "unknown unit"
