"""Which files of a folder are images and masks of which case."""

import unicodedata

import pytest

from l2b_data.cases.case_files import case_id, channels_beside, image_files, mask_files
from l2b_data.errors import DataError

HIDDEN = (".ipynb_checkpoints/a-checkpoint.png", "__MACOSX/a.png", "._a.png", ".a.png", "Thumbs.db", ".DS_Store")


def test_hidden_files_are_no_case(tmp_path):
    for name in ("a.png", "b.nii.gz", "b_segmentation.nii.gz", *HIDDEN):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert list(image_files(tmp_path)) == ["a", "b"]
    assert {case: path.name for case, path in mask_files(tmp_path).items()} == {
        "a": "a.png",
        "b": "b_segmentation.nii.gz",
    }


def test_further_masks_of_an_image_are_no_images(tmp_path):
    names = ("b (3).png", "b (3)_mask.png", "b (3)_mask_1.png", "b (4).png", "b (4)_mask.png", "c_mask_1.png")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert list(image_files(tmp_path)) == ["b (3)", "b (4)", "c_mask_1"]
    with pytest.raises(
        DataError, match=r"several masks of one image \(b \(3\)_mask_1\.png\); .*--merge-masks` unites them"
    ):
        mask_files(tmp_path)


def test_names_are_in_one_unicode_form(tmp_path):
    for name in ("é_0000.png", "é_0001.png", "ü_mask.png", "ü.png"):
        (tmp_path / unicodedata.normalize("NFD", name)).write_bytes(b"")
    assert {case: len(paths) for case, paths in image_files(tmp_path, channels=2).items()} == {"é": 2, "ü": 1}
    first = next(path for path in tmp_path.iterdir() if path.name.endswith("_0000.png"))
    assert len(channels_beside(first, 2)) == 2
    assert case_id(first) == "é"
