"""Integrity check: a sound data set has no finding, and every kind of damage is found and named."""

import json
import shutil

import numpy as np
import pytest

from data_prep.mask_noise.corrupt import corrupt
from l2b_data.cases.check.data_set import check_dataset
from l2b_data.cases.check.fault import KINDS, WARNINGS
from l2b_data.cases.dataset import Dataset
from l2b_data.images.volume import Volume, read_volume, write_volume
from tests.data_prep.conftest import prepared  # noqa: F401 - a fixture


@pytest.fixture
def dataset(prepared):  # noqa: F811
    return prepared(3)


def kinds(dataset):
    return [(fault.kind, fault.case) for fault in check_dataset(Dataset.open(dataset.root))]


def change(path, function):
    volume = read_volume(path)
    write_volume(Volume(function(volume.array), volume.spacing_mm, volume.origin, volume.direction), path)


def change_json(path, function):
    value = json.loads(path.read_text())
    function(value)
    path.write_text(json.dumps(value))


def test_sound(dataset):
    corrupt(dataset, level="L2", calibrate=False)
    lines = []
    assert check_dataset(dataset, say=lines.append) == []
    assert lines[-1] == "[6/6] case5"


def test_missing_and_unreadable(dataset):
    dataset.image_path("case0").unlink()
    dataset.label_path("case1").unlink()
    path = dataset.image_path("case2")
    path.write_bytes(path.read_bytes()[:-200])
    faults = check_dataset(dataset)
    assert [(fault.kind, fault.case) for fault in faults] == [
        ("missing", "case0"),
        ("missing", "case1"),
        ("unreadable", "case2"),
    ]
    assert faults[2].path == str(path)
    assert "gzip" in faults[2].message


def test_geometry(dataset):
    change(dataset.label_path("case0"), lambda array: array[:, :, 1:])
    image = read_volume(dataset.image_path("case1"))
    write_volume(Volume(image.array, (2.0, 0.5, 0.5)), dataset.image_path("case1"))
    assert kinds(dataset) == [("geometry", "case0"), ("geometry", "case1")]


def test_values(dataset):
    def with_nan(array):
        array = array.astype(np.float32)
        array[0, 0, 0] = np.nan
        return array

    change(dataset.image_path("case0"), with_nan)
    change(dataset.label_path("case1"), lambda array: array * 2)
    change(dataset.label_path("case2"), np.zeros_like)
    change(dataset.image_path("case3"), np.ones_like)
    faults = check_dataset(dataset)
    assert [(fault.kind, fault.case) for fault in faults] == [
        ("not_finite", "case0"),
        ("labels", "case1"),
        ("empty_mask", "case2"),
        ("constant_image", "case3"),
    ]
    assert [fault.is_warning for fault in faults] == [False, False, True, True]
    assert "the values 2; dataset.json names 0 background, 1 prostate" in faults[1].message


def test_duplicates_and_leakage(dataset):
    shutil.copy(dataset.image_path("case0"), dataset.image_path("case1"))
    shutil.copy(dataset.image_path("case2"), dataset.image_path("case5"))
    change_json(dataset.root / "splits.json", lambda splits: splits["meta"].append("case0"))
    change_json(dataset.root / "splits.json", lambda splits: splits["test"].append("case5"))
    found = check_dataset(Dataset.open(dataset.root))
    assert {(fault.kind, fault.case) for fault in found} == {
        ("leakage", "case0"),
        ("duplicate", "case5"),
        ("leakage", "case2"),
    }
    assert any("stands in train and meta" in fault.message for fault in found)
    assert any("case2 (train), case5 (test)" in fault.message for fault in found)


def test_duplicate_stored_differently_is_found(dataset):
    """Content counts, not bytes: the same voxels written with another compression and spacing."""
    image = read_volume(dataset.image_path("case0"))
    write_volume(Volume(image.array.astype(">i2"), image.spacing_mm), dataset.image_path("case1"))
    assert kinds(dataset) == [("duplicate", "case0")]
    write_volume(Volume(image.array.astype(np.float32), image.spacing_mm), dataset.image_path("case1"))
    assert kinds(dataset) == [("duplicate", "case0")]


def test_counts_and_unlisted_files(dataset):
    change_json(dataset.root / "dataset.json", lambda info: info.update(numTraining=50))
    shutil.copy(dataset.image_path("case0"), dataset.root / "imagesTr" / "old_0000.nii.gz")
    assert kinds(dataset) == [("count", None), ("unlisted", None)]


def test_noisy_masks(dataset):
    folder = corrupt(dataset, level="L2", calibrate=False)
    dataset.label_path("case0", folder).unlink()
    change(dataset.label_path("case1", folder), lambda array: array[:, 1:])
    change(dataset.label_path("case2"), lambda array: np.roll(array, 1, axis=1))
    shutil.copy(dataset.label_path("case5"), dataset.label_path("case5", folder))
    assert kinds(dataset) == [
        ("missing", "case0"),
        ("noise", "case1"),
        ("geometry", "case1"),
        ("noise", "case2"),
        ("noise", None),
    ]
    change_json(dataset.root / "splits.json", lambda splits: splits.update(train=["case0", "case1"], test=["case2"]))
    messages = [fault.message for fault in check_dataset(Dataset.open(dataset.root))]
    assert "corrupted, but no training case" in messages
    (folder / "noise_manifest.json").write_text("{}")
    assert ("noise", None) in kinds(dataset)


def test_every_kind_is_described():
    assert set(WARNINGS) < set(KINDS)
    assert all(text.startswith("warning") is (kind in WARNINGS) for kind, text in KINDS.items())


def test_hidden_files_are_not_looked_at(dataset):
    noisy = corrupt(dataset, level="L2", calibrate=False)
    for folder in (dataset.root / "imagesTr", dataset.root / "labelsTr", noisy):
        (folder / "._case0.nii.gz").write_bytes(b"resource fork")
        (folder / ".ipynb_checkpoints").mkdir()
    assert check_dataset(dataset) == []


def test_a_relative_path(dataset, monkeypatch):
    corrupt(dataset, level="L2", calibrate=False)
    shutil.copytree(dataset.root / "labelsTr", dataset.root / "labelsTr_given")
    monkeypatch.chdir(dataset.root.parent)
    assert check_dataset(Dataset.open(dataset.root.name)) == []
