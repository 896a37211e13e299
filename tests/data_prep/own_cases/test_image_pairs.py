"""Pairs of images and masks: what lies beside them and is neither."""

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
