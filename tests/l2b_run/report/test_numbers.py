"""The numbers of runs as texts: what is missing, what is best, and runs that show the same."""

from l2b_run.folder.summary import RunSummary
from l2b_run.report.numbers import COST, Column, RunNumbers, number_table

COLUMNS = (Column("dice", "Dice", 2, max), Column("hd", "HD", 1, min), *COST)


def test_texts_and_the_best():
    first = RunSummary(method="l2b", meta_source="online", train_seconds=59.6, peak_memory_mb=1234.5)
    runs = [
        RunNumbers("a", first, "L1", {"dice": 0.8, "hd": 3.04}),
        RunNumbers("b", RunSummary(train_seconds=59.4), "none", {"dice": 0.6, "hd": 3.01}),
    ]
    table = number_table(runs, COLUMNS)
    assert [key for key, _ in table["columns"]] == ["dice", "hd", "train_seconds", "peak_memory_mb"]
    assert [list(row["cells"].values()) for row in table["rows"]] == [
        ["0.80", "3.0", "1 min 00 s", "1,234 MB"],
        ["0.60", "3.0", "59 s", "–"],
    ]
    assert [row["best"] for row in table["rows"]] == [{"dice"}, set()]  # 3.04 and 3.01 are shown alike
    assert [row["method"] for row in table["rows"]] == ["l2b --no-clean", "–"]
    assert number_table([], COLUMNS)["rows"] == []


def test_what_cannot_be_ranked_has_no_best_and_says_why():
    values = {"a": {"dice": 1.0, "hd": 9.0}, "b": {"dice": 0.0, "hd": 5.0}}
    runs = [RunNumbers(name, RunSummary(), "none", found) for name, found in values.items()]
    table = number_table(runs, COLUMNS, unranked={"hd": "In two units."})
    assert [row["best"] for row in table["rows"]] == [{"dice"}, set()]
    assert table["told"] == "Bold: best of the column. In two units."
    none = number_table(runs, COLUMNS, unranked={column.key: "Other data." for column in COLUMNS})
    assert [row["best"] for row in none["rows"]] == [set(), set()]
    assert none["told"] == "Other data."
