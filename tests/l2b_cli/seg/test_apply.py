"""`l2b-seg apply` as a user calls it, and what `train`, `audit`, `report` and `weights` make of what it left."""

import json

import pytest

from l2b_cli.seg.main import app
from l2b_data.files.atomic import write_json
from l2b_data.review.decisions import FORMAT
from l2b_data.review.manifest import MANIFEST
from tests.command import call_app
from tests.l2b_cli.seg.test_train import RECIPE
from tests.l2b_seg.tiny import META, NOISY, TEST, TRAIN, make_dataset

pytestmark = pytest.mark.usefixtures("any_judge")


def call(*arguments, code=0):
    found = call_app(app, *arguments)
    assert found[0] == code, found
    return found[1:]


@pytest.fixture
def audited(tmp_path):
    """`data` with its masks audited by the clean ones as predictions, audit in `audit`."""
    dataset = make_dataset(tmp_path / "data")
    asked = ("--data", dataset.root, "--predictions", dataset.root / "labelsTr", "--given", NOISY, "--workers", 1)
    call("audit", *asked, "--cases", "all", "--out", tmp_path / "audit")
    return tmp_path


def decided(root, **words):
    cases = {case: {"decision": word} for case, word in words.items()}
    write_json(root / "decisions.json", {"format": FORMAT, "by": "me", "cases": cases})
    return root / "decisions.json"


def test_from_an_audit_to_the_next_training(audited, tmp_path):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    reviewed, run = tmp_path / "reviewed", tmp_path / "run"
    decisions = decided(tmp_path, **{TRAIN[0]: "exclude", TRAIN[1]: "proposal", TEST[0]: "proposal"})
    printed, said = call("apply", tmp_path / "audit", decisions, "--out", reviewed)
    assert printed.splitlines() == [
        f"2 masks replaced by the proposal: {TRAIN[1]}, {TEST[0]}",
        f"1 mask excluded: {TRAIN[0]}",
        "3 masks kept as given, not decided",
        f"Train on them with --labels {reviewed}",
    ]
    assert f"warning: {TEST[0]}: not for training: `train` takes their masks from labelsTr" in said
    assert {path.name for path in reviewed.iterdir()} == {f"{x}.nii.gz" for x in [*TRAIN[1:], *META, *TEST]} | {
        MANIFEST
    }

    asked = ("--data", tmp_path / "data", "--labels", reviewed, "--out", run, "--device", "cpu", "--preset", "cpu")
    _, said = call("train", tmp_path / "tiny.yaml", *asked, "--set", "epochs=1")
    assert f"1 case excluded by {reviewed}/{MANIFEST}: {TRAIN[0]}" in said
    assert f"1 case excluded: {TRAIN[0]}" in (run / "log.txt").read_text()
    split = json.loads((run / "split.json").read_text())
    assert split["train"] == TRAIN[1:]
    assert json.loads((run / "summary.json").read_text())["noise"] == split["noise"]
    assert split["noise"] == {"labels": str(reviewed), "excluded": [TRAIN[0]]}

    call("train", tmp_path / "tiny.yaml", "--resume", run)
    call("train", tmp_path / "tiny.yaml", "--resume", run, "--data", tmp_path / "data")
    found = json.loads(call("audit", run, "--quick", "--json")[0])
    assert {row["case"] for row in found["cases"]} == set(TRAIN[1:])
    again = decided(tmp_path, **{TRAIN[1]: "exclude"})
    call("apply", run / "audit", again, "--out", tmp_path / "twice")
    assert (tmp_path / "twice" / f"{TRAIN[2]}.nii.gz").read_bytes() == (reviewed / f"{TRAIN[2]}.nii.gz").read_bytes()
    given = json.loads(call("audit", run, "--quick", "--json", "--given", reviewed, "--out", tmp_path / "a2")[0])
    assert {row["case"] for row in given["cases"]} == set(TRAIN[1:])
    call("weights", run, TRAIN[1], "--out", tmp_path / "weights")
    call("report", run, "--out", tmp_path / "report.html")


def test_by_name_in_the_data_set_which_check_knows(audited, tmp_path):
    decisions = decided(tmp_path, **{TRAIN[0]: "exclude"})
    out = tmp_path / "data" / "labelsTr_reviewed"
    manifest = json.loads(call("apply", tmp_path / "audit", decisions, "--out", out, "--json")[0])
    assert manifest == json.loads((out / MANIFEST).read_text())
    (out / f"{TRAIN[1]}.nii.gz").write_bytes((out / f"{TRAIN[2]}.nii.gz").read_bytes())
    printed, _ = call("check", tmp_path / "data", "--json", code=3)
    found = [fault for fault in json.loads(printed)["faults"] if fault["kind"] == "review"]
    assert [fault["case"] for fault in found] == [TRAIN[1]]
    call("train", "folder", "--data", tmp_path / "data", "--labels", out.name, "--preset", "cpu", "--dry-run")


def test_exit_codes(audited, tmp_path):
    decisions = decided(tmp_path, **{TRAIN[0]: "mend"})
    _, said = call("apply", tmp_path / "audit", decisions, "--out", tmp_path / "out", code=3)
    assert f"{TRAIN[0]}: mend: the audit has no mend for it" in said
    _, said = call("apply", tmp_path / "audit", decisions, "--out", tmp_path / "data", code=2)
    assert "already there and not empty" in said
    call("apply", tmp_path / "audit", decisions, code=2)
    assert not (tmp_path / "out").exists()
