"""Splits: named or drawn, always a partition, never through a group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.own_cases.split import SplitOptions, group_cases, read_columns, split_cases
from l2b_data.errors import ConfigError, DataError

CASES = [f"c{number:02d}" for number in range(20)]


def test_drawn_by_seed():
    splits, how = split_cases(CASES, SplitOptions())
    assert {name: len(part) for name, part in splits.items()} == {"train": 13, "meta": 3, "test": 4}
    assert sorted(case for part in splits.values() for case in part) == CASES
    assert split_cases(CASES[::-1], SplitOptions())[0] == splits
    assert split_cases(CASES, SplitOptions(seed=1))[0] != splits
    assert "3 meta cases drawn" in how["text"]


def test_more_meta_cases_do_not_move_the_test_cases():
    tests = [split_cases(CASES, SplitOptions(meta_count=count))[0]["test"] for count in (0, 3, 6)]
    assert tests[0] == tests[1] == tests[2]


def test_named():
    options = SplitOptions(meta_cases=("c03", "c01"), test_cases=("c19",))
    splits = split_cases(CASES, options)[0]
    assert splits["meta"] == ["c01", "c03"]
    assert splits["test"] == ["c19"]
    assert len(splits["train"]) == 17


@given(
    groups=st.lists(st.integers(0, 8), min_size=6, max_size=40),
    meta=st.integers(0, 5),
    share=st.floats(0.05, 0.6),
    seed=st.integers(0, 99),
)
def test_a_partition_that_splits_no_group(groups, meta, share, seed):
    cases = {f"c{number}": f"g{group}" for number, group in enumerate(groups)}
    options = SplitOptions(meta_count=meta, test_fraction=share, seed=seed)
    if len(set(groups)) < 3:  # there may be no group for each part
        return
    try:
        splits, _ = split_cases(list(cases), options, cases)
    except ConfigError:
        largest = max(map(groups.count, groups))
        assert share * len(groups) + 1 + meta + 2 * largest >= len(groups)
        return
    assert sorted(case for part in splits.values() for case in part) == sorted(cases)
    held = [{cases[case] for case in splits[name]} for name in ("train", "meta", "test")]
    assert sum(map(len, held)) == len(set.union(*held))
    assert splits["train"]
    assert splits["test"]
    assert bool(splits["meta"]) is bool(meta)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SplitOptions(meta_cases=("zz",)), "--meta-cases: no case zz; there are c00, c01"),
        (SplitOptions(meta_cases=("c00",), test_cases=("c00",)), "c00 in --meta-cases and in --test-cases"),
        (SplitOptions(test_cases=("c00", "c00")), "--test-cases: c00 named twice"),
        (SplitOptions(test_fraction=1.5), "--test-fraction 1.5"),
        (SplitOptions(meta_count=-1), "--meta-count -1"),
        (SplitOptions(meta_count=16), "give 0 train, 16 meta, 4 test cases"),
        (SplitOptions(test_cases=tuple(CASES)), "0 train, 0 meta, 20 test"),
    ],
)
def test_what_cannot_be_split(options, message):
    with pytest.raises(ConfigError, match=message):
        split_cases(CASES, options)


def test_a_named_case_takes_its_group_along():
    groups = dict.fromkeys(CASES[:3], "one") | dict.fromkeys(CASES[3:], "")
    groups = {case: group or case for case, group in groups.items()}
    with pytest.raises(ConfigError, match="c01, c02 are of the same groups: name them as well"):
        split_cases(CASES, SplitOptions(meta_cases=("c00",)), groups)
    assert split_cases(CASES, SplitOptions(meta_cases=("c00", "c01", "c02")), groups)[0]["meta"] == CASES[:3]


def test_groups_from_a_table(tmp_path):
    path = tmp_path / "groups.csv"
    path.write_text("﻿site,case,group\nA,c00,p1\nA,c01,p1\n", encoding="utf-8")
    assert read_columns(path, "case", "group") == {"c00": "p1", "c01": "p1"}
    assert group_cases(["c00", "c02"], file=path, regex=None)[1] == [f"c02: no group in {path}"]
    for text, message in (
        ("case,patient\nc00,1\n", "columns case and group"),
        ("case,group\n", "rows below it"),
        ("case,group\nc00,p1\nc00,p2\nc01,\n", "line 3: c00 stands twice\n  line 4: case or group is empty"),
    ):
        path.write_text(text)
        with pytest.raises(DataError, match=message):
            read_columns(path, "case", "group")
    path.write_text("case,group\nc01,\n")
    assert read_columns(path, "case", "group", empty_value=True) == {"c01": ""}
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_columns(path, "case", "group")
    with pytest.raises(DataError, match="cannot be read"):
        read_columns(tmp_path / "absent.csv", "case", "group")


def test_groups_from_the_case_id():
    found, faults = group_cases(["p1_a", "p1_b", "x"], file=None, regex="(p[0-9]+)_")
    assert found == {"p1_a": "p1", "p1_b": "p1"}
    assert len(faults) == 1
    assert faults[0].startswith("x: --group-regex")
    assert group_cases(["x"], file=None, regex=None) == ({}, [])
    for regex, message in (("(", "--group-regex"), ("p.", "one pair of brackets"), ("(a)(b)", "one pair of brackets")):
        with pytest.raises(ConfigError, match=message):
            group_cases(["x"], file=None, regex=regex)


def test_what_is_said_of_the_split_is_what_was_drawn():
    groups = {case: f"pair {number // 2}" for number, case in enumerate(CASES)}
    parts, how = split_cases(CASES, SplitOptions(meta_count=3), groups)
    assert len(parts["meta"]) == 2
    assert how["text"].startswith("2 meta cases drawn (of 3 asked for, as whole groups allow), ")
    assert split_cases(CASES, SplitOptions(meta_count=3))[1]["text"].startswith("3 meta cases drawn, ")
