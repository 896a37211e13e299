"""Reading the runs of a report: every fault is told, and a report's own definitions stand over those of its runs."""

import pytest

from l2b_data.errors import ConfigError, DataError
from l2b_run.folder.summary import RunSummary
from l2b_run.report.runs import definitions_of, read_runs, require_parts


def test_all_faults_at_once(tmp_path):
    def read(path):
        if path.name != "good":
            raise DataError(f"{path.name} is damaged")
        return path.name.upper()

    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
    assert read_runs([tmp_path / "good"] * 2, read) == ["GOOD", "GOOD"]
    with pytest.raises(DataError, match=r"^report: bad is damaged; .*none: no such run folder$"):
        read_runs([str(tmp_path / name) for name in ("bad", "good", "none")], read)
    with pytest.raises(ConfigError, match="no run folder given"):
        read_runs([], read)


def test_a_folder_with_none_of_the_parts_is_no_run(tmp_path):
    require_parts(tmp_path, {"summary.json": None, "metrics.jsonl": [{"epoch": 1}]}, [])
    with pytest.raises(DataError, match=r"no summary\.json or metrics\.jsonl: not the folder of a run$"):
        require_parts(tmp_path, {"summary.json": None, "metrics.jsonl": []}, [])
    with pytest.raises(DataError, match=r"^one; two$"):
        require_parts(tmp_path, {"summary.json": None}, ["one", "two"])


def test_definitions():
    said = [{"dice": "old", "alpha": "theirs"}, {}, {"dice": "new", "hd": "one"}]
    summaries = [RunSummary(definitions=one) for one in said]
    assert definitions_of(summaries, {"alpha": "ours"}) == {"dice": "new", "alpha": "ours", "hd": "one"}
