"""Pictures in a folder: all below it, and nothing hidden."""

from l2b_data.images.pictures_below import pictures_below, shown_pictures


def test_hidden_files_and_folders_are_not_seen(tmp_path):
    root = tmp_path / ".cache" / "own"  # above the folder it does not matter
    for name in ("b/1.PNG", "a.jpg", "b/notes.txt", ".x.png", ".ipynb_checkpoints/a.png", "b/.git/deep/2.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "folder.png").mkdir()
    assert pictures_below(root) == ["a.jpg", "b/1.PNG"]
    assert shown_pictures(["z/2.tif", "__MACOSX/z/._2.tif", "z/.DS_Store/2.tif", "z/2.txt"]) == ["z/2.tif"]
