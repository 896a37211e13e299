"""The audit of a run: no network reads a label it judges, wrong labels come first, its files, and going on later."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import yaml

from l2b_cls.audit.audit import AuditOptions, audit
from l2b_cls.audit.crossfit import cross_fit
from l2b_cls.audit.folds import cut_folds
from l2b_cls.batches.sample_batches import Samples
from l2b_cls.run_data import RunData
from l2b_data.errors import ConfigError, DataError
from l2b_data.samples.write_image_set import write_image_set
from tests.l2b_cls.synthetic import CPU, META, TEST, TRAIN, given_labels, image_set, make_settings

FEW = make_settings("ce", epochs=6)


def run_data(**over):
    images = image_set()
    train, meta, test = np.split(np.arange(TRAIN + META + TEST), [TRAIN, TRAIN + META])
    found = RunData(
        images=images,
        train=train,
        meta=meta,
        evaluation=test,
        given=given_labels(),
        clean=images.labels[train],
        meta_labels=images.labels[meta],
        noise={"noise": "symmetric:0.4", "seed": 0, "effective_rate": 0.25},
    )
    return replace(found, **over)


def save_settings(run, settings=FEW):
    run.mkdir()
    (run / "config.yaml").write_text(yaml.safe_dump(settings.model_dump()))
    return run


def fit(root, data, settings=FEW, *, progress=lambda row: None, **options):
    given = Samples(data.images, data.train, data.given)
    meta = Samples(data.images, data.meta, data.meta_labels)
    folds = cut_folds(given_labels(), [""] * TRAIN, 2, seed=0)  # the same cut whatever a test does to the labels
    return list(cross_fit(settings, given, meta, folds, root, device=CPU, progress=progress, **options))


@pytest.mark.parametrize("method", ["ce", "l2b"])
def test_no_label_of_a_judged_sample_is_read(tmp_path, method):
    settings = make_settings(method, epochs=2)
    as_given = fit(tmp_path / "a", run_data(), settings)
    held = as_given[0].fold.held_out
    changed = given_labels()
    changed[held] = (changed[held] + 1) % 3
    other = fit(tmp_path / "b", run_data(given=changed), settings)
    np.testing.assert_array_equal(other[0].probabilities, as_given[0].probabilities)
    assert (other[1].probabilities != as_given[1].probabilities).any()  # the other network was trained on them


def test_meta_samples_that_are_judged_are_left_out(tmp_path):
    """Meta samples may also train under their given labels: their clean ones then belong to what is judged."""
    settings = make_settings("joint", epochs=1)
    meta = np.arange(0, TRAIN, 4)
    data = run_data(meta=meta, meta_labels=image_set().labels[meta])
    as_clean = fit(tmp_path / "a", data, settings)
    held = np.isin(meta, data.train[as_clean[0].fold.held_out])
    changed = np.where(held, (data.meta_labels + 1) % 3, data.meta_labels)
    other = fit(tmp_path / "b", replace(data, meta_labels=changed), settings)
    np.testing.assert_array_equal(other[0].probabilities, as_clean[0].probabilities)
    assert (other[1].probabilities != as_clean[1].probabilities).any()


def test_clean_labels_of_training_samples_are_not_read(tmp_path):
    poisoned = replace(image_set(), labels=np.full(TRAIN + META + TEST, 2))
    ours = fit(tmp_path / "a", run_data())
    theirs = fit(tmp_path / "b", run_data(images=poisoned, clean=np.full(TRAIN, -1)))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_as_many_epochs_as_the_run_or_as_asked_for(tmp_path):
    settings = make_settings("ce", epochs=2, optimizer={"schedule": "steps", "milestones": [1]})
    rows = []
    judged = fit(tmp_path / "a", run_data(), settings, progress=rows.append)
    assert [each.epochs for each in judged] == [2, 2]
    assert {row["fold"] for row in rows} == {0, 1}
    assert [each.epochs for each in fit(tmp_path / "b", run_data(), settings, epochs=4)] == [4, 4]
    kept = yaml.safe_load((tmp_path / "b" / "fold_0_of_2" / "config.yaml").read_text())
    assert kept["optimizer"]["milestones"] == [2]  # milestones move along


def test_a_finished_network_is_not_trained_again_and_other_labels_make_a_new_one(tmp_path):
    first = fit(tmp_path, run_data())
    rows = []
    again = fit(tmp_path, run_data(), progress=rows.append)
    assert rows == []
    np.testing.assert_array_equal(first[1].probabilities, again[1].probabilities)
    changed = given_labels()
    changed[first[0].fold.held_out[0]] += 1
    fit(tmp_path, run_data(given=changed % 3), progress=rows.append)
    assert {row["fold"] for row in rows} == {1}  # the network that reads this label
    (tmp_path / "fold_0_of_2" / "probabilities.npy").write_bytes(b"cut off")
    rows.clear()
    fit(tmp_path, run_data(given=changed % 3), progress=rows.append)
    assert {row["fold"] for row in rows} == {0}


def test_an_interrupted_network_goes_on(tmp_path):
    class Stopped(Exception):
        pass

    def stop(row):
        if row["epoch"] == 3:
            raise Stopped

    whole = fit(tmp_path / "whole", run_data())
    with pytest.raises(Stopped):
        fit(tmp_path / "cut", run_data(), progress=stop)
    rows = []
    rest = fit(tmp_path / "cut", run_data(), progress=rows.append)
    assert min(row["epoch"] for row in rows if row["fold"] == 0) == 3
    np.testing.assert_array_equal(rest[0].probabilities, whole[0].probabilities)


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
    result = audit(run, data, run / "audit", AuditOptions(), device=CPU, say=lines.append)
    return run, result, lines


def test_wrong_labels_come_first(audited):
    _, result, lines = audited
    truth = result["truth"]
    assert (truth["wrong"], truth["known"], truth["given_accuracy"]) == (24, TRAIN, 0.75)
    assert truth["ranking"]["score"]["auroc"] > 0.95
    assert truth["proposal_accuracy"] > 0.9
    assert lines == ["[1/2] ranking", "[2/2] baselines"]
    top = result["samples"][:20]
    assert sum(row["clean"] != row["given"] for row in top) >= 18
    assert [row["rank"] for row in result["samples"]] == list(range(1, TRAIN + 1))


def test_the_transition_is_that_of_the_noise(audited):
    _, result, _ = audited
    assert np.abs(np.array(result["transition"]) - result["truth"]["transition"]).max() < 0.15
    np.testing.assert_allclose(np.sum(result["transition"], 1), 1, atol=1e-5)


def test_the_files(audited):
    run, result, _ = audited
    kept = json.loads((run / "audit" / "audit.json").read_text())
    assert kept == json.loads(json.dumps(result))
    with open(run / "audit" / "audit.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == TRAIN
    assert {int(row["index"]) for row in rows} == set(range(TRAIN))
    assert rows[0]["given"] in ("left", "middle", "right")
    assert set(rows[0]) <= {
        *kept["definitions"]["columns"],
        *(f"{n}_number" for n in ["given", "proposed", "predicted", "clean"]),
    }
    flagged = [row for row in rows if row["flagged"] == "1"]
    assert len(flagged) == kept["flagged"]
    assert all(row["proposed"] != row["given"] for row in flagged)
    given = given_labels()
    assert all(int(row["given_number"]) == given[int(row["index"])] for row in rows)
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)


def test_without_clean_labels_there_is_no_truth(tmp_path):
    run = save_settings(tmp_path / "run")
    result = audit(run, run_data(clean=np.full(TRAIN, -1)), run / "audit", AuditOptions(2, 1), device=CPU)
    assert result["truth"] is None
    assert "clean" not in (run / "audit" / "audit.csv").read_text().splitlines()[0].split(",")


def test_options_there_cannot_be(tmp_path):
    run = save_settings(tmp_path / "run")
    with pytest.raises(ConfigError, match="--epochs 3: at least 1, and only with --folds of 2 or more"):
        audit(run, run_data(), tmp_path, AuditOptions(0, 3), device=CPU)
    with pytest.raises(ConfigError, match="--folds 1: from 2 to the 96 samples"):
        audit(run, run_data(), tmp_path, AuditOptions(1), device=CPU)
    with pytest.raises(DataError, match="not a finished run"):
        audit(run, run_data(), tmp_path, AuditOptions(0), device=CPU)
