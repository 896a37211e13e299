"""The numbers of runs and cases as texts: several classes, what is unknown, what no case has."""

import json
from pathlib import Path

from l2b_seg.metrics.summary import Summary
from l2b_seg.report.run_record import RunRecord, read_run
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


def evaluated(path, dataset, cases, *, unit="mm", dice=0.5, hd=1.0):
    """A run folder whose numbers are means over `cases` of a data set."""
    path.mkdir()
    rows = [{"case": case, "dice": dice} for case in cases]
    said = {"mean": {"dice": dice, "hd": hd}, "unit": unit, "metric_per_case": rows}
    (path / "summary.json").write_text(json.dumps(said))
    (path / "split.json").write_text(json.dumps({"dataset": f"/data/{dataset}"}))
    return read_run(path)


def test_runs_on_other_data_or_in_other_units_are_not_ranked(tmp_path):
    one = evaluated(tmp_path / "one", "mine", "ab")
    better = {"dice": 0.7, "hd": 0.5}
    runs = {
        "same": evaluated(tmp_path / "same", "mine", "ab", **better),
        "unit": evaluated(tmp_path / "unit", "mine", "ab", unit="voxel", **better),
        "cases": evaluated(tmp_path / "cases", "mine", "bc", **better),
        "data": evaluated(tmp_path / "data", "other", "ab", **better),
    }
    tables = {name: run_table(["one", name], [one, run]) for name, run in runs.items()}
    best = {name: table["rows"][1]["best"] for name, table in tables.items()}
    assert best == {"same": {"last", "hd"}, "unit": {"last"}, "cases": set(), "data": set()}
    assert tables["same"]["told"] == "Bold: best of the column."
    assert tables["unit"]["told"].endswith("No best of distances is marked: they are in several units.")
    assert tables["data"]["told"] == "No best is marked: the runs were evaluated on different cases or data sets."
