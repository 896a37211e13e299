"""Masks between labels and the user's own values, there and back."""

from pathlib import Path

import numpy as np
import pytest

from l2b_data.cases.dataset import Dataset, write_dataset_files
from l2b_data.cases.label_map import case_labels, label_values, own_values
from l2b_data.errors import DataError
from l2b_data.images.volume import Volume, write_volume

LABELS = np.array([[[0, 1, 2], [2, 1, 0]]], np.uint8)
NAME = Path("m.nii.gz")


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([0, 1, 2], np.uint8),
        ([0, 2, 1], np.uint8),
        ([255, 7, 0], np.uint8),
        ([0, 300, -4], np.int16),
        ([0, 9, 70000], np.int32),
    ],
)
def test_there_and_back(values, dtype):
    written = own_values(LABELS, values)
    assert written.dtype == dtype
    assert written[0, 0].tolist() == values
    for stored in (written, written.astype(np.float64)):
        back = label_values(NAME, stored, values)
        np.testing.assert_array_equal(back, LABELS)
        assert back.dtype == np.uint8


def test_without_values_labels_stay():
    assert own_values(LABELS, ()) is LABELS


def test_one_class_is_anything_above_a_background_of_0():
    assert label_values(NAME, np.array([[[0, 1, 255]]]), [0, 255]).tolist() == [[[0, 1, 1]]]
    assert label_values(NAME, np.array([[[255, 255, 0]]]), [255, 0]).tolist() == [[[0, 0, 1]]]


@pytest.mark.parametrize("value", [1, 2.5, -2, np.inf])
def test_values_that_stand_for_nothing(value):
    with pytest.raises(
        DataError, match=r"m\.nii\.gz: (label values .*; this data set's are 0, 2, 5|holds values that)"
    ):
        label_values(NAME, np.array([[[0, 2, value]]]), [0, 2, 5])


def test_a_folder_elsewhere_holds_the_users_values(tmp_path, monkeypatch):
    write_dataset_files(
        tmp_path / "data",
        name="Toy",
        channels=["T2"],
        labels={"background": 0, "core": 1, "rim": 2},
        splits={"train": ["a"], "meta": [], "test": []},
        spacing_unit="mm",
        how={},
        source={},
        values=[0, 2, 1],
    )
    for folder in (tmp_path / "data" / "labelsTr", tmp_path / "data" / "labelsTr_given"):
        write_volume(Volume(LABELS), folder / "a.nii.gz")
    write_volume(Volume(own_values(LABELS, [0, 2, 1])), tmp_path / "corrected" / "a.nii.gz")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    for root in (tmp_path / "data", "data", "link"):
        dataset = Dataset.open(root)
        for folder in ("labelsTr", "labelsTr_given", tmp_path / "data" / "labelsTr_given", tmp_path / "corrected"):
            np.testing.assert_array_equal(case_labels(dataset, "a", folder).array, LABELS)
    assert Dataset.open("data").values == [0, 2, 1]
