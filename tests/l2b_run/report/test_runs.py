"""Reading the runs of a report: every fault is told, and a report's own definitions stand over those of its runs."""

import pytest

from l2b_data.errors import DataError
from l2b_run.report.runs import definitions_of, read_runs


def test_all_faults_at_once():
    def read(path):
        if path != "good":
            raise DataError(f"{path}: no run")
        return path.upper()

    assert read_runs(["good", "good"], read) == ["GOOD", "GOOD"]
    with pytest.raises(DataError, match=r"^report: one: no run; two: no run$"):
        read_runs(["one", "good", "two"], read)


def test_definitions():
    summaries = [{"definitions": {"dice": "old", "alpha": "theirs"}}, {}, {"definitions": None}]
    later = {"definitions": {"dice": "new", 1: "one"}}
    assert definitions_of([*summaries, later], {"alpha": "ours"}) == {"dice": "new", "alpha": "ours", "1": "one"}
