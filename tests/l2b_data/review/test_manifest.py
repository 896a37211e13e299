"""The manifest of a review: what training reads of it."""

import json

import pytest

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.review.decisions import Decisions
from l2b_data.review.manifest import MANIFEST, excluded_by, excluded_text, read_review, require_new_folder, write_review


@pytest.fixture
def written(tmp_path):
    for name in ("audit.json", "decisions.json"):
        (tmp_path / name).write_text(name)
    decided = Decisions(tmp_path / "decisions.json", {"b": "exclude", "a": "exclude", "c": "keep"}, "A. Reader")
    rows = {case: {"decision": word, "score": 0.5} for case, word in decided.of.items()} | {"d": {"decision": "keep"}}
    return tmp_path, write_review(tmp_path, decided, tmp_path / "audit.json", rows, undecided=1)


def test_what_why_and_by_whom(written):
    folder, manifest = written
    assert read_review(folder) == manifest == json.loads((folder / MANIFEST).read_text())
    assert (manifest["by"], manifest["excluded"]) == ("A. Reader", ["a", "b"])
    assert manifest["counts"] == {"keep": 1, "mend": 0, "proposal": 0, "exclude": 2, "undecided": 1}
    assert manifest["cases"]["c"] == {"decision": "keep", "score": 0.5}
    for key in ("audit", "decisions"):
        assert manifest[key]["sha256"] == sha256_file(folder / f"{key}.json")
    assert manifest["tool_version"]


def test_what_is_excluded(written, tmp_path):
    assert excluded_by(written[0]) == ["a", "b"]
    (tmp_path / "plain").mkdir()
    assert excluded_by(tmp_path / "plain") == []
    assert excluded_text(["a", "b"], "case", "reviewed/list.txt") == "2 cases excluded by reviewed/list.txt: a, b"


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found.pop("excluded"),
        lambda found: found.update(excluded="a"),
        lambda found: found.update(excluded=[1]),
        lambda found: found.update(format="l2b review 9"),
        lambda found: found.update(cases=[]),
    ],
)
def test_a_damaged_manifest(written, damage):
    folder, manifest = written
    damage(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DataError, match=r"no manifest of a review \(l2b review 1\); remove .* apply"):
        excluded_by(folder)
    (folder / MANIFEST).write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        excluded_by(folder)


def test_the_folder_of_a_review_is_new(tmp_path):
    require_new_folder(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    require_new_folder(tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match=r"--out .*file: is a file"):
        require_new_folder(tmp_path / "file")
    with pytest.raises(ConfigError, match="already there and not empty; choose another folder or remove it"):
        require_new_folder(tmp_path)
