"""The ranking of an audit for a report: the first slices, and columns that some slice fills."""

import json

import pytest

from l2b_data.errors import DataError
from l2b_seg.report.audit_ranking import SHOWN, audit_table, audited_cases, audited_slices


@pytest.fixture
def run(tmp_path):
    rows = [
        {"case": f"c{number % 3}", "slice": number, "rank": number + 1, "score": 0.5} for number in range(SHOWN + 3)
    ]
    rows[1] |= {"slice": "no number", "score": "no number"}
    (tmp_path / "audit").mkdir()
    definitions = {"judged_by": "networks", "slices": {"score": "how likely", "hd95": "not shown"}}
    (tmp_path / "audit" / "audit.json").write_text(json.dumps({"slices": rows, "definitions": definitions}))
    return tmp_path


def test_the_first_slices_as_the_page_shows_them(run):
    table = audit_table("mine", run)
    assert (table["label"], table["total"], len(table["rows"])) == ("mine", SHOWN + 3, SHOWN)
    assert table["columns"] == [("rank", False), ("slice", True), ("suspicion", False)]
    assert table["definitions"] == {"suspicion": "how likely"}
    first, second = table["rows"][:2]
    assert [cell["text"] for cell in first["cells"]] == ["1", "c0, slice 0", "0.500"]
    assert (second["slice"], second["cells"][2]["text"], second["cells"][2]["value"]) == (None, "–", None)


def test_cases_and_slices_of_the_ranking(run, tmp_path):
    assert audited_cases(run) == ["c0", "c1", "c2"]
    assert audited_slices(run, "c0") == set(range(0, SHOWN, 3))
    assert 1 not in audited_slices(run, "c1")
    assert (audited_cases(tmp_path / "none"), audit_table("x", tmp_path / "none")) == ([], None)


def test_a_ranking_without_cases_is_refused(run):
    (run / "audit" / "audit.json").write_text('{"slices": [{"slice": 1}]}')
    with pytest.raises(DataError, match=r"audit\.json holds no ranking of slices; run the audit again"):
        audited_cases(run)
