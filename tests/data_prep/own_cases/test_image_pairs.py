"""Pairs of images and masks: what lies beside them and is neither."""

import unicodedata

from data_prep.own_cases.image_pairs import find_pairs


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_hidden_files_and_folders_are_not_seen(tmp_path):
    touch(tmp_path, "i/a.png", "m/a.png", "i/._a.png", "i/.DS_Store", "i/Thumbs.db", "i/.ipynb_checkpoints/a-c.png")
    lines = []
    cases, faults = find_pairs([str(tmp_path / "i")], str(tmp_path / "m"), say=lines.append)
    assert (list(cases), faults, lines) == (["a"], [], [])
    touch(tmp_path, *(f"p/{case}/{name}.nii" for case in ("c1", "__MACOSX", ".old") for name in ("t2", "seg")))
    cases, faults = find_pairs([f"{tmp_path}/p/*/t2.nii"], f"{tmp_path}/p/*/seg.nii")
    assert (list(cases), faults) == (["c1"], [])


def test_further_masks_join_the_mask_of_their_image(tmp_path):
    touch(tmp_path, *(f"b (3){ending}.png" for ending in ("", "_mask", "_mask_1", "_mask_2")))
    touch(tmp_path, "b (4).png", "b (4)_mask.png")
    cases, faults = find_pairs([str(tmp_path)], str(tmp_path))
    assert list(cases) == ["b (4)"]
    several = "b (3): several masks, b (3)_mask.png, b (3)_mask_1.png, b (3)_mask_2.png; --merge-masks unites them"
    assert [fault.startswith(several) for fault in faults] == [True]
    assert find_pairs([str(tmp_path)], str(tmp_path), exclude=["b (3)"])[1] == []
    cases, faults = find_pairs([str(tmp_path)], str(tmp_path), merge=True)
    assert faults == []
    assert [path.name for path in cases["b (3)"].further] == ["b (3)_mask_1.png", "b (3)_mask_2.png"]
    assert cases["b (4)"].further == ()
    touch(tmp_path, "c.png", "c_mask_1.png", "c_mask_2.png")
    _, faults = find_pairs([str(tmp_path)], str(tmp_path), merge=True)
    assert faults[0].startswith("c: no mask for the image ")
    assert "several with a number (c_mask_1.png, c_mask_2.png): unite them, or take one kind by a pattern" in faults[0]


def test_names_are_compared_in_one_unicode_form(tmp_path):
    touch(tmp_path, unicodedata.normalize("NFD", "i/fälle_0000.png"), "m/fälle.png")
    cases, faults = find_pairs([str(tmp_path / "i")], str(tmp_path / "m"))
    assert (list(cases), faults) == (["fälle"], [])
    touch(tmp_path, unicodedata.normalize("NFD", "p/müller/t2.nii"), "q/müller/seg.nii")
    cases, faults = find_pairs([f"{tmp_path}/p/*/t2.nii"], f"{tmp_path}/q/*/seg.nii")
    assert (list(cases), faults) == (["müller"], [])
