"""Counts, and cut lists: nothing is added up to the limit, and the rest is counted above it."""

import pytest

from l2b_data.files.shorten import counted, first_lines, first_names, told_together


@pytest.mark.parametrize(
    ("count", "names", "lines"),
    [
        (0, "", []),
        (2, "a, b", ["a", "b"]),
        (3, "a, b and 1 more", ["a", "b", "and 1 more"]),
        (5, "a, b and 3 more", ["a", "b", "and 3 more"]),
    ],
)
def test_the_first_two(count, names, lines):
    entries = list("abcde")[:count]
    assert first_names(entries, 2) == names
    assert first_lines(entries, 2) == lines


def test_one_is_no_plural():
    assert [counted(number, "fault") for number in (0, 1, 2, 2000)] == [
        "0 faults",
        "1 fault",
        "2 faults",
        "2,000 faults",
    ]


def test_the_same_note_of_several_files_is_one_line():
    notes = {"a": ["turned", "turned"], "b": ["turned", "cut"], "c": ["turned"], "d": []}
    assert told_together(notes, 2) == ["a, b and 1 more: turned", "b: cut"]
