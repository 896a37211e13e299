"""`l2b-cls apply` as a user calls it, of audits of runs and of probabilities, and the next training."""

import csv
import json

import numpy as np

from l2b_cli.cls.main import app
from l2b_data.files.atomic import write_json
from l2b_data.review.decisions import FORMAT
from l2b_data.review.manifest import MANIFEST
from l2b_data.samples.noisy_labels import read_noisy_labels
from tests.command import call_app
from tests.l2b_cli.cls.test_train import RECIPE
from tests.l2b_cls.synthetic import META, TRAIN, image_set


def call(*arguments, code=0):
    found = call_app(app, *arguments)
    assert found[0] == code, found
    return found[1:]


def decided(root, **words):
    write_json(
        root / "decisions.json",
        {"format": FORMAT, "cases": {case: {"decision": word} for case, word in words.items()}},
    )
    return root / "decisions.json"


def rows_of(audit):
    with open(audit / "audit.csv", newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_from_the_audit_of_a_run_to_the_next_training(tmp_path):
    (tmp_path / "squares.yaml").write_text(RECIPE)
    asked = ("--data", image_set().root, "--preset", "cpu", "--device", "cpu", "--set", "epochs=1", "--method", "ce")
    call("train", tmp_path / "squares.yaml", *asked, "--out", tmp_path / "run")
    call("audit", tmp_path / "run", "--quick")
    rows = rows_of(tmp_path / "run" / "audit")
    turned = next(row for row in rows if row["given"] != row["proposed"])
    dropped = next(row for row in rows if row is not turned)
    decisions = decided(tmp_path, **{turned["name"]: "proposal", dropped["name"]: "exclude"})
    printed, _ = call("apply", tmp_path / "run" / "audit", decisions, "--out", tmp_path / "reviewed")
    assert printed.splitlines() == [
        f"1 label replaced by the proposal: {turned['name']}",
        f"1 label excluded: {dropped['name']}",
        f"{TRAIN - 2} labels kept as given, not decided",
        f"Train on them with --labels {tmp_path / 'reviewed'}",
    ]

    run = tmp_path / "again"
    _, said = call("train", tmp_path / "squares.yaml", *asked, "--labels", tmp_path / "reviewed", "--out", run)
    assert f"1 sample excluded by {tmp_path / 'reviewed'}/{MANIFEST}: {dropped['name']}" in said
    assert f"1 sample excluded: {dropped['name']}" in (run / "log.txt").read_text()
    before, after = (read_noisy_labels(tmp_path / name / "noisy_labels.csv") for name in ("run", "again"))
    assert set(before.index.tolist()) - set(after.index.tolist()) == {int(dropped["index"])}
    left = before.index != int(dropped["index"])
    np.testing.assert_array_equal(after.index, before.index[left])
    differs = after.index[after.given != before.given[left]]
    assert differs.tolist() == [int(turned["index"])]
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["noise"], summary["n_train"]) == ("labels:reviewed", TRAIN - 1)
    call("train", tmp_path / "squares.yaml", "--resume", run)
    call("audit", run, "--quick")
    assert len(rows_of(run / "audit")) == TRAIN - 1
    call("report", run, "--out", tmp_path / "report.html")


def test_of_an_audit_by_probabilities(tmp_path):
    images = image_set()
    probabilities = np.full((TRAIN + META, 3), 0.1) + np.eye(3)[(images.labels[: TRAIN + META] + 1) % 3] * 0.7
    np.savez(tmp_path / "judge.npz", probabilities=probabilities)
    call("audit", "--data", images.root, "--probabilities", tmp_path / "judge.npz")
    audit = tmp_path / "judge_audit"
    first = rows_of(audit)[0]["name"]
    decisions = decided(tmp_path, **{first: "exclude"})
    manifest = json.loads(call("apply", audit, decisions, "--out", tmp_path / "out", "--json")[0])
    assert manifest == json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert manifest["excluded"] == [first]
    _, said = call("apply", audit, decided(tmp_path, **{first: "mend"}), "--out", tmp_path / "no", code=3)
    assert f"{first}: mend: a label has no mend; decide keep, proposal or exclude" in said
    call("apply", audit, decisions, "--out", tmp_path / "out", code=2)
    _, said = call("train", "images", "--data", images.root, "--noise", "none", "--labels", tmp_path / "out", code=2)
    assert "labels are made noisy or given; leave one out" in said
