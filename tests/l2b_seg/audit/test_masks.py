"""Which masks are audited, and when they are compared with clean ones."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from l2b_data.cases.dataset import CLEAN_LABELS
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_seg.audit.masks import audited_masks, masks_record
from l2b_seg.audit.truth import BESIDE, MADE_FROM, add_truth, clean_dice
from tests.l2b_seg.audit.wrong_masks import DELETED, GIVEN, META, TEST, TRAIN, make_run


@pytest.fixture
def data(tmp_path):
    return make_run(tmp_path)[1]


def test_parts(data):
    assert audited_masks(data).folders == dict.fromkeys(TRAIN, GIVEN)
    every = audited_masks(data, "all")
    assert every.folders == dict.fromkeys(TRAIN, GIVEN) | dict.fromkeys([*META, *TEST], CLEAN_LABELS)
    assert every.parts == dict.fromkeys(TRAIN, "train") | dict.fromkeys(META, "meta") | dict.fromkeys(TEST, "test")
    test = audited_masks(data, "test")
    assert (test.folders, test.labels, test.noise) == (dict.fromkeys(TEST, CLEAN_LABELS), CLEAN_LABELS, {})
    with pytest.raises(DataError, match=r"--cases meta: .* has no such case"):
        audited_masks(replace(data, meta=[]), "meta")


def test_masks_of_another_folder(data, tmp_path, monkeypatch):
    other = tmp_path / "reader"
    other.mkdir()
    for case in (*TRAIN[:2], *META[:1]):
        shutil.copy(data.dataset.label_path(case), other)
    found = audited_masks(data, "all", other).folders
    assert found == dict.fromkeys([*TRAIN[:2], META[0]], str(other)) | dict.fromkeys([META[1], *TEST], CLEAN_LABELS)
    monkeypatch.chdir(tmp_path)
    assert audited_masks(data, "train", Path("reader")).labels == str(other)
    assert audited_masks(data, "train", Path(CLEAN_LABELS)).folders == dict.fromkeys(TRAIN, CLEAN_LABELS)
    for wrong, text in ((tmp_path / "none", "no such folder"), (data.dataset.root, "holds no mask")):
        with pytest.raises(DataError, match=f"--given .*: {text}"):
            audited_masks(data, "train", wrong)


def test_given_masks_are_compared_with_labelstr_where_they_are_others(data, tmp_path):
    known = clean_dice(data.dataset, dict.fromkeys(TRAIN, GIVEN), None)
    assert {found.of for found in known.values()} == {MADE_FROM}
    assert known[DELETED[0]].slices[DELETED[1]] == 0
    assert 0 < known[DELETED[0]].case < 1
    other = tmp_path / "reader"
    shutil.copytree(data.dataset.root / GIVEN, other)
    (other / "noise_manifest.json").unlink()
    beside = clean_dice(data.dataset, dict.fromkeys(TRAIN, str(other)), None)
    assert {found.of for found in beside.values()} == {BESIDE}
    assert [found.case for found in beside.values()] == [found.case for found in known.values()]
    assert clean_dice(data.dataset, dict.fromkeys(TRAIN, CLEAN_LABELS), None) == {}
    assert clean_dice(data.dataset, dict.fromkeys(TRAIN, str(data.dataset.root / CLEAN_LABELS)), None) == {}


def test_distances_rank_where_they_are_not_defined(data):
    case = DELETED[0]
    slices = [{"case": case, "slice": index, "dice": 1.0, "hd95": float(index)} for index in range(4)]
    slices[DELETED[1]] |= {"dice": 0.0, "hd95": None}
    slices[0] |= {"hd95": None}
    found = add_truth(data.dataset, {case: GIVEN}, None, cases=[], slices=slices, names=["hd95"])
    assert found["all"]["hd95"]["auroc"] == 1
    assert found["of"] == [MADE_FROM]
    assert [row["wrong"] for row in slices] == [index == DELETED[1] for index in range(4)]


def test_the_record_finds_the_masks_again(data):
    masks = audited_masks(data, "all")
    masks.dataset.label_path(TRAIN[0], GIVEN).unlink()
    record = masks_record(masks)
    assert record["data"] == str(data.dataset.root.resolve())
    assert record["masks"].keys() == {*TRAIN[1:], *META, *TEST}
    sha256 = sha256_file(data.dataset.label_path(TRAIN[1], GIVEN))
    assert record["masks"][TRAIN[1]] == {"part": "train", "folder": GIVEN, "sha256": sha256}
    assert record["masks"][TEST[0]]["folder"] == CLEAN_LABELS
