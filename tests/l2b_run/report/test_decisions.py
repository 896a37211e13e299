"""What can be decided on, and which audit decisions are of."""

from typing import get_args

from l2b_data.review.decisions import FORMAT, Decision
from l2b_run.report.decisions import audit_key, choices
from l2b_run.report.page import page_source


def test_choices():
    assert [decision for decision, _, _ in choices("mask", mend=True)] == ["keep", "mend", "proposal", "exclude"]
    assert [decision for decision, _, _ in choices("label")] == ["keep", "proposal", "exclude"]
    assert [decision for decision, _, _ in choices("label", proposal=False)] == ["keep", "exclude"]
    assert {decision for decision, _, _ in choices("mask", mend=True)} == set(get_args(Decision))
    assert choices("label")[0] == ("keep", "K", "keep the label")


def test_another_audit_has_another_key():
    rows = [{"case": "a", "score": 0.5}, {"case": "b", "score": 0.25}]
    assert audit_key(rows) == audit_key([dict(reversed(row.items())) for row in rows])
    assert audit_key(rows) != audit_key([rows[0], rows[1] | {"score": 0.75}])


def test_the_page_writes_the_format_that_is_read():
    assert f'const FORMAT = "{FORMAT}";' in page_source("l2b_run.report", "decisions.js")
