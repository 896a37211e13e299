"""The audit of a run: wrong labels come first, its files, and what it says where clean labels are not known."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from l2b_cls.audit.audit import audit
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.write_image_set import write_image_set
from l2b_run.audit.cross_fit import AuditOptions
from tests.l2b_cls.audit.squares_run import run_data, save_settings
from tests.l2b_cls.synthetic import TRAIN, given_labels, image_set, make_settings


def coloured(root):
    """Pictures whose class is the brighter channel: learnt in a few steps."""
    labels = image_set().labels
    images = np.random.default_rng(0).integers(0, 120, (len(labels), 8, 8, 3), dtype=np.uint8)
    images[np.arange(len(labels)), :, :, labels] += 100
    return write_image_set(
        root, name="colours", images=images, labels=labels, split=image_set().split, classes=image_set().classes
    )


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    root = tmp_path_factory.mktemp("audit")
    augmentation = {"crop_padding": 1, "flip": 0.5, "mean": [0.3] * 3, "std": [0.2] * 3}
    task = {"classes": image_set().classes, "channels": 3, "size": [8, 8]}
    settings = make_settings("ce", epochs=24, task=task, augmentation=augmentation)
    run = save_settings(root / "run", settings)
    lines = []
    data = run_data(images=coloured(root / "data"))
    result = audit(run, data, run / "audit", AuditOptions(say=lines.append))
    return run, result, lines


def test_wrong_labels_come_first(audited):
    _, result, lines = audited
    truth = result["truth"]
    assert (truth["wrong"], truth["known"], truth["given_accuracy"]) == (24, TRAIN, 0.75)
    assert truth["ranking"]["score"]["auroc"] > 0.95
    assert truth["proposal_accuracy"] > truth["given_accuracy"]
    assert truth["proposal_balanced_accuracy"] > truth["given_balanced_accuracy"]
    assert lines == ["[1/4] pictures", "[2/4] networks", "[3/4] ranking", "[4/4] baselines"]
    top = result["samples"][:20]
    assert sum(row["clean"] != row["given"] for row in top) >= 18
    assert [row["rank"] for row in result["samples"]] == list(range(1, TRAIN + 1))


def test_the_transition_is_that_of_the_noise(audited):
    _, result, _ = audited
    estimated, true = np.array(result["transition"]), np.array(result["truth"]["transition"])
    off = ~np.eye(3, dtype=bool)
    assert (np.where(off, estimated, 0).argmax(1) == np.where(off, true, 0).argmax(1)).all()
    np.testing.assert_allclose(np.sum(result["transition"], 1), 1, atol=1e-5)


def test_the_files(audited):
    run, result, _ = audited
    kept = json.loads((run / "audit" / "audit.json").read_text())
    assert kept == json.loads(json.dumps(result))
    rows = audit_csv(run / "audit")
    assert len(rows) == TRAIN
    assert {int(row["index"]) for row in rows} == set(range(TRAIN))
    assert rows[0]["given"] in ("left", "middle", "right")
    assert set(rows[0]) <= {
        *kept["definitions"]["columns"],
        *(f"{n}_number" for n in ["given", "proposed", "alternative", "predicted", "clean"]),
    }
    flagged = [row for row in rows if row["flagged"] == "1"]
    assert len(flagged) == kept["flagged"]
    assert all(row["proposed"] != row["given"] or row["reason"] for row in flagged)
    assert all(row["flagged"] == "1" for row in rows if row["proposed"] != row["given"])
    given = given_labels()
    assert all(int(row["given_number"]) == given[int(row["index"])] for row in rows)
    assert all(row["alternative"] != row["given"] for row in rows)
    assert all(row["alternative"] == row["proposed"] for row in rows if row["proposed"] != row["given"])
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)


def audit_csv(folder):
    with open(folder / "audit.csv", newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_without_clean_labels_there_is_no_truth(tmp_path):
    run = save_settings(tmp_path / "run")
    result = audit(run, run_data(clean=np.full(TRAIN, -1)), run / "audit", AuditOptions(2, 1))
    assert result["truth"] is None
    assert "clean" not in audit_csv(run / "audit")[0]


def test_a_clean_label_that_is_not_known_is_neither_right_nor_wrong(tmp_path):
    run = save_settings(tmp_path / "run")
    clean = np.where(np.arange(TRAIN) < 40, image_set().labels[:TRAIN], -1)
    result = audit(run, run_data(clean=clean), run / "audit", AuditOptions(2, 1))
    assert (result["truth"]["known"], result["truth"]["wrong"]) == (40, 10)
    assert result["truth"]["given_accuracy"] == 0.75
    assert {row["clean"] == "" for row in audit_csv(run / "audit") if int(row["index"]) >= 40} == {True}
    assert "" not in {row["clean"] for row in audit_csv(run / "audit") if int(row["index"]) < 40}


def test_planted_mistakes_are_measured_kind_by_kind(tmp_path):
    run = save_settings(tmp_path / "run")
    data = run_data()
    wrong = np.flatnonzero(data.given != data.clean)
    mistakes = np.full(TRAIN, "", "<U7")
    mistakes[wrong], mistakes[wrong[:10]] = "random", "one-way"
    result = audit(run, replace(data, mistakes=mistakes), run / "audit", AuditOptions(2, 1))
    assert {kind: found["wrong"] for kind, found in result["truth"]["kinds"].items()} == {"one-way": 10, "random": 14}
    rows = {int(row["index"]): row for row in audit_csv(run / "audit")}
    assert all(rows[index]["kind"] == mistakes[place] for place, index in enumerate(data.train.tolist()))
    losses = np.array([float(rows[index]["loss"]) for index in data.train.tolist()])
    of_kind, right = mistakes == "one-way", mistakes == ""
    above = (losses[of_kind][:, None] > losses[right]).mean()
    assert result["truth"]["kinds"]["one-way"]["ranking"]["loss"]["auroc"] == pytest.approx(above)
    assert "kinds" not in audit(run, data, run / "audit", AuditOptions(2, 1))["truth"]


def test_a_picture_of_no_class_counts_as_wrong_and_has_no_right_proposal(tmp_path):
    run = save_settings(tmp_path / "run")
    data = run_data(clean=np.where(np.arange(TRAIN) < 8, -1, run_data().clean))
    mistakes = np.where(np.arange(TRAIN) < 8, "foreign", np.where(data.given != data.clean, "random", ""))
    truth = audit(run, replace(data, mistakes=mistakes), run / "audit", AuditOptions(2, 1))["truth"]
    without = audit(run, data, run / "audit", AuditOptions(2, 1))["truth"]
    assert (truth["known"], truth["wrong"]) == (without["known"] + 8, without["wrong"] + 8) == (TRAIN, 30)
    assert {kind: found["wrong"] for kind, found in truth["kinds"].items()} == {"foreign": 8, "random": 22}
    for name in ("given_accuracy", "proposal_accuracy", "transition"):
        assert truth[name] == without[name]


def test_options_there_cannot_be(tmp_path):
    run = save_settings(tmp_path / "run")
    with pytest.raises(ConfigError, match="--epochs 3: at least 1, and only with --folds of 2 or more"):
        audit(run, run_data(), tmp_path, AuditOptions(0, 3))
    with pytest.raises(ConfigError, match="--folds 1: from 2 to the 120 samples"):
        audit(run, run_data(), tmp_path, AuditOptions(1))
    with pytest.raises(DataError, match="not a finished run"):
        audit(run, run_data(), tmp_path, AuditOptions(0))
