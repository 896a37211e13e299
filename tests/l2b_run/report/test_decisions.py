"""What can be decided on, and which audit decisions are of."""

from l2b_run.report.decisions import audit_key, choices


def test_choices():
    assert [decision for decision, _, _ in choices("mask", mend=True)] == ["keep", "mend", "proposal", "exclude"]
    assert [decision for decision, _, _ in choices("label")] == ["keep", "proposal", "exclude"]
    assert choices("label")[0] == ("keep", "K", "keep the label")


def test_another_audit_has_another_key():
    rows = [{"case": "a", "score": 0.5}, {"case": "b", "score": 0.25}]
    assert audit_key(rows) == audit_key([dict(reversed(row.items())) for row in rows])
    assert audit_key(rows) != audit_key([rows[0], rows[1] | {"score": 0.75}])
