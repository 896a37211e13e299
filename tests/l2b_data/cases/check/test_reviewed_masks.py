"""Reviewed masks inside a data set: what `check` says of them."""

import json
import shutil

import numpy as np
import pytest

from l2b_data.cases.check.data_set import check_dataset
from l2b_data.files.hashing import sha256_file
from l2b_data.images.volume import read_volume, write_volume
from l2b_data.review.decisions import Decisions
from l2b_data.review.manifest import MANIFEST, write_review
from tests.l2b_seg.tiny import TRAIN, make_dataset

NAME = "labelsTr_given_reviewed"  # a given folder by its name, and yet not of all training cases


@pytest.fixture
def reviewed(tmp_path):
    """A data set with a folder of reviewed masks: the first training case excluded, the others as they are."""
    dataset = make_dataset(tmp_path / "data")
    shutil.rmtree(dataset.root / "labelsTr_noisy_L2_s0")
    folder = dataset.root / NAME
    folder.mkdir()
    rows = {TRAIN[0]: {"decision": "exclude", "reviewed_sha256": None}}
    for case in TRAIN[1:]:
        shutil.copy(dataset.label_path(case), folder)
        rows[case] = {"decision": "keep", "reviewed_sha256": sha256_file(dataset.label_path(case, NAME))}
    for name in ("audit.json", "decisions.json"):
        (tmp_path / name).write_text("{}")
    write_review(folder, Decisions(tmp_path / "decisions.json", {}, None), tmp_path / "audit.json", rows, undecided=2)
    return dataset


def faults(dataset):
    return [(fault.kind, fault.case, fault.message) for fault in check_dataset(dataset) if not fault.is_warning]


def test_as_apply_wrote_them(reviewed):
    assert faults(reviewed) == []


def test_what_is_wrong_with_them(reviewed):
    dataset, folder = reviewed, reviewed.root / NAME
    mask = read_volume(dataset.label_path(TRAIN[1]))
    write_volume(mask.with_array(np.full_like(mask.array, 7)), dataset.label_path(TRAIN[1], NAME))
    dataset.label_path(TRAIN[2], NAME).unlink()
    shutil.copy(dataset.label_path(TRAIN[0]), folder)
    found = faults(dataset)
    assert ("review", TRAIN[1], "changed since it was written") in found
    assert [case for kind, case, _ in found if kind == "labels"] == [TRAIN[1]]
    assert ("missing", TRAIN[2], "no such file") in found
    assert ("review", None, f"not in {MANIFEST}, or excluded") in found
    assert len(found) == 4
    (folder / MANIFEST).write_text(json.dumps({"format": "?"}))
    assert [(kind, "no manifest of a review" in message) for kind, _, message in faults(dataset)] == [("review", True)]


def test_training_cases_that_were_not_reviewed(reviewed):
    path = reviewed.root / NAME / MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["cases"][TRAIN[2]]
    reviewed.label_path(TRAIN[2], NAME).unlink()
    path.write_text(json.dumps(manifest))
    assert faults(reviewed) == [("review", TRAIN[2], "a training case that was not reviewed")]
