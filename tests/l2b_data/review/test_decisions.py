"""Decisions of a reader, from files that need not be what they seem."""

import json

import pytest

from l2b_data.errors import DataError
from l2b_data.review.decisions import FORMAT, read_decisions

KNOWN = ("Case00", "Case04", "Case07")


def no_mend(case, word):
    return f"{case} has none; decide keep" if word == "mend" and case != "Case04" else None


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def read(path, content):
    return read_decisions(written(path / "decisions.json", content), KNOWN, no_mend)


@pytest.mark.parametrize(("by", "told"), [({}, None), ({"by": "A. Reader"}, "A. Reader"), ({"by": ""}, None)])
def test_as_the_page_saves_them(tmp_path, by, told):
    cases = {"Case07": {"decision": "exclude", "seen": 3}, "Case04": {"decision": "mend"}}
    found = read(tmp_path, {"format": FORMAT, **by, "cases": cases, "saved": "today"})
    assert (found.of, found.by) == ({"Case07": "exclude", "Case04": "mend"}, told)
    assert found.path == tmp_path / "decisions.json"


def test_nothing_decided(tmp_path):
    assert read(tmp_path, {"format": FORMAT, "cases": {}}).of == {}


def test_all_faults_at_once(tmp_path):
    cases = {
        "Case00": {"decision": "mend"},
        "Case07": {"decision": "mened"},
        "Case99": {"decision": "keep"},
        "../x": {"decision": "keep"},
        "Case04": "exclude",
    }
    with pytest.raises(DataError) as error:
        read(tmp_path, {"format": FORMAT, "by": 3, "cases": cases | {"Case04": {"decison": "keep"}}})
    assert str(error.value).splitlines() == [
        f"{tmp_path / 'decisions.json'}:",
        "  by 3 is no name",
        "  no case of this audit: Case99, ../x; take the file its own page saves",
        "  Case00: mend: Case00 has none; decide keep",
        "  Case07: decision 'mened': choose one of keep, mend, proposal, exclude",
        "  Case04: decision None: choose one of keep, mend, proposal, exclude",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": "l2b decisions 1", "cases": {"Case00"', "cannot be read"),
        ('{"format": "l2b decisions 1", "cases": {"Case00": {}, "Case00": {}}}', "'Case00' stands twice"),
        ({"format": "l2b decisions 2", "cases": {}}, "format 'l2b decisions 2' is not 'l2b decisions 1'"),
        ({"cases": {}}, "format None is not 'l2b decisions 1'; save it from the audit's page"),
        ({"format": FORMAT}, "cases None is no table"),
        ({"format": FORMAT, "cases": ["Case00"]}, "cases \\['Case00'\\] is no table"),
        ({"format": FORMAT, "cases": {"Case00": "exclude"}}, "Case00: decision None: choose one"),
        ({"format": FORMAT, "cases": {"Case00": {"decision": ["keep"]}}}, "Case00: decision \\['keep'\\]: choose"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_file_of_decisions(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(tmp_path, content)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match=r"none\.json: no such file; name the file that the audit's page saves"):
        read_decisions(tmp_path / "none.json", KNOWN, no_mend)
