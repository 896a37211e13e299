"""Reviewed labels: what each decision leaves, the manifest beside them, and what is refused."""

import csv
import json

import pytest

from l2b_cls.audit.apply import apply
from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import write_json
from l2b_data.files.hashing import sha256_file
from l2b_data.files.table import write_table
from l2b_data.review.decisions import FORMAT
from l2b_data.review.manifest import MANIFEST

ROWS = [
    {"rank": 1, "name": "d.png", "given": "cat", "proposed": "dog", "score": 0.9},
    {"rank": 2, "name": "b, 2.png", "given": "owl", "proposed": "cat", "score": 0.7},
    {"rank": 3, "name": "a.png", "given": "dog", "proposed": "dog", "score": 0.1},
    {"rank": 4, "name": "c.png", "given": "dog", "proposed": None, "score": 0.05},
]


@pytest.fixture
def audit(tmp_path):
    """Folder of an audit, of its columns those that a review stands on."""
    folder = tmp_path / "audit"
    write_table(folder / "audit.csv", ROWS, list(ROWS[0]))
    write_json(folder / "audit.json", {"n": len(ROWS), "classes": ["cat", "dog", "owl"]})
    return folder


@pytest.fixture
def decide(tmp_path):
    def decide(words, **more):
        content = {"format": FORMAT, "cases": {name: {"decision": word} for name, word in words.items()}, **more}
        write_json(tmp_path / "decisions.json", content)
        return tmp_path / "decisions.json"

    return decide


def test_every_decision_and_the_manifest(audit, decide, tmp_path):
    out = tmp_path / "out"
    decisions = decide({"d.png": "proposal", "b, 2.png": "exclude", "a.png": "keep"}, by="A. Reader")
    manifest = apply(audit, decisions, out)
    assert {path.name for path in out.iterdir()} == {"labels.csv", MANIFEST}
    with open(out / "labels.csv", newline="", encoding="utf-8") as handle:
        assert list(csv.DictReader(handle)) == [
            {"name": "d.png", "label": "dog", "given": "cat", "decision": "proposal"},
            {"name": "a.png", "label": "dog", "given": "dog", "decision": "keep"},
            {"name": "c.png", "label": "dog", "given": "dog", "decision": ""},
        ]
    assert json.loads((out / MANIFEST).read_text()) == manifest
    assert (manifest["by"], manifest["excluded"]) == ("A. Reader", ["b, 2.png"])
    assert manifest["counts"] == {"keep": 1, "mend": 0, "proposal": 1, "exclude": 1, "undecided": 1}
    assert manifest["sources"] == {str(audit / "audit.csv"): sha256_file(audit / "audit.csv")}
    told = {"decision": "proposal", "decided": True, "given": "cat", "label": "dog", "rank": "1", "score": "0.9"}
    assert manifest["cases"]["d.png"] == told
    assert manifest["cases"]["b, 2.png"]["label"] is None
    assert manifest["cases"].keys() == {"d.png", "b, 2.png", "a.png"}


def test_all_that_cannot_be_done_is_said_and_nothing_written(audit, decide, tmp_path):
    out = tmp_path / "out"
    decisions = decide({"d.png": "mend", "c.png": "proposal", "x.png": "keep"})
    with pytest.raises(DataError) as error:
        apply(audit, decisions, out)
    assert str(error.value).splitlines() == [
        f"{decisions}:",
        "  no sample of this audit: x.png; take the file its own page saves",
        "  d.png: mend: a label has no mend; decide keep, proposal or exclude",
        "  c.png: proposal: the audit proposes no label; decide keep or exclude",
    ]
    with pytest.raises(DataError, match="excludes every sample of the audit; no label is left to write"):
        apply(audit, decide({row["name"]: "exclude" for row in ROWS}), out)
    assert not out.exists()
    with pytest.raises(ConfigError, match="already there and not empty"):
        apply(audit, decide({}), audit)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "audit.json").unlink(), "name the folder that `audit` wrote"),
        (lambda folder: (folder / "audit.csv").unlink(), "cannot be read as a table"),
        (lambda folder: write_table(folder / "audit.csv", [], ["case", "slice"]), "no column name, given, proposed"),
        (lambda folder: write_table(folder / "audit.csv", ROWS[:3], list(ROWS[0])), "not the 4 whole rows"),
        (
            lambda folder: write_table(folder / "audit.csv", ROWS[:3] + ROWS[:1], list(ROWS[0])),
            "several samples: d.png",
        ),
    ],
)
def test_what_is_no_audit_of_labels(audit, decide, tmp_path, damage, message):
    damage(audit)
    with pytest.raises(DataError, match=message):
        apply(audit, decide({}), tmp_path / "out")
