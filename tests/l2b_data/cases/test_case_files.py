"""Which files of a folder are images and masks of which case."""

from l2b_data.cases.case_files import image_files, mask_files

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
