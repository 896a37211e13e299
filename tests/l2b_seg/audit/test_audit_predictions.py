"""The audit by predictions from files, without a run."""

import json
from pathlib import Path

import numpy as np
import pytest

from l2b_data.cases.label_map import case_labels
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.audit.audit_predictions import audit_predictions
from tests.l2b_seg.audit.wrong_masks import GIVEN, META, TEST, TRAIN, WRONG, make_run


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    """A data set with four wrong slices, and label maps that are the clean masks, one pixel aside."""
    root = tmp_path_factory.mktemp("predicted")
    _, data = make_run(root)
    for case in (*TRAIN, *META, *TEST):
        clean = read_volume(data.dataset.label_path(case))
        write_volume(clean.with_array(np.roll(clean.array, 1, axis=2)), root / "predictions" / f"{case}.nii.gz")
    return data.dataset, root / "predictions"


def test_wrong_masks_are_found_and_files_written(predicted, tmp_path):
    dataset, folder = predicted
    said = []
    result = audit_predictions(dataset, folder, tmp_path, given=Path(GIVEN), say=said.append)
    found = json.loads((tmp_path / "audit.json").read_text())
    assert found == result
    for column in ("score", "one_minus_dice"):
        ranked = sorted(result["slices"], key=lambda row: -row[column])
        assert {(row["case"], row["slice"]) for row in ranked[:4]} == WRONG
    assert [(row["on"], row["cases"], row["dead"]) for row in result["judges"]] == [("test", 1, False)]
    assert result["judges"][0]["dice"] > 0.8
    assert (result["failed"], result["folds"], result["in_sample"], result["method"]) == ({}, None, False, None)
    assert str(folder) in result["judged_by"]
    proposal = read_volume(tmp_path / "proposals" / f"{TRAIN[0]}.nii.gz").array
    np.testing.assert_array_equal(proposal, read_volume(folder / f"{TRAIN[0]}.nii.gz").array)
    assert result["truth"]["all"]["wrong"] == len(WRONG)
    assert said[-1] == f"[6/6] {TRAIN[-1]}"


def test_the_result_does_not_depend_on_the_processes(predicted, tmp_path):
    dataset, folder = predicted
    one, two = (audit_predictions(dataset, folder, tmp_path / str(n), given=Path(GIVEN), workers=n) for n in (1, 2))
    assert one == two


def test_all_cases_of_the_masks_as_they_are(predicted, tmp_path):
    dataset, folder = predicted
    result = audit_predictions(dataset, folder, tmp_path, cases="all")
    assert {row["case"]: row["part"] for row in result["cases"]} == (
        dict.fromkeys(TRAIN, "train") | dict.fromkeys(META, "meta") | dict.fromkeys(TEST, "test")
    )
    assert result["truth"] is None


def test_missing_and_faulty_predictions_are_listed_and_the_others_judged(predicted, tmp_path):
    dataset, folder = predicted
    some = tmp_path / "some"
    for case in TRAIN[:2]:
        write_volume(read_volume(folder / f"{case}.nii.gz"), some / f"{case}.nii.gz")
    write_volume(case_labels(dataset, TRAIN[2]).with_array(np.full((4, 48, 48), 0.3, np.float32)), some / "x.nii.gz")
    (some / "x.nii.gz").rename(some / f"{TRAIN[2]}.nii.gz")
    other = read_volume(folder / f"{TRAIN[3]}.nii.gz")
    write_volume(type(other)(other.array[:, :40]), some / f"{TRAIN[3]}.nii.gz")
    result = audit_predictions(dataset, some, tmp_path / "out")
    assert {row["case"] for row in result["cases"]} == set(TRAIN[:3])
    assert result["failed"].keys() == set(TRAIN[3:])
    assert "not on the grid" in result["failed"][TRAIN[3]]
    assert result["failed"][TRAIN[4]] == f"no prediction in {some}"
    assert result["judges"][0]["on"] == "given masks"


def test_without_any_prediction(predicted, tmp_path):
    dataset, _ = predicted
    with pytest.raises(DataError, match=r"no prediction of an audited case: CASE\.nii\.gz"):
        audit_predictions(dataset, tmp_path, tmp_path / "out")
    for case in TRAIN:
        (tmp_path / f"{case}.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match=rf"no case can be audited:\n  .*{TRAIN[0]}\.npz: no readable"):
        audit_predictions(dataset, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out" / "audit.csv").exists()


def test_predictions_of_other_cases_are_no_judge(predicted, tmp_path):
    dataset, folder = predicted
    for case in (*TRAIN, *TEST):
        write_volume(read_volume(folder / f"{case}.nii.gz"), tmp_path / f"{case}.nii.gz")
    test = read_volume(tmp_path / f"{TEST[0]}.nii.gz")
    write_volume(test.with_array(np.roll(test.array, 24, axis=1)), tmp_path / f"{TEST[0]}.nii.gz")
    with pytest.raises(DataError, match=r"the predictions: gland Dice 0\.\d\d on 1 test case\nLook at the predictions"):
        audit_predictions(dataset, tmp_path, tmp_path / "out")
