"""What no user means: never seen, wherever it lies below the source."""

import pytest

from l2b_data.files.hidden import is_hidden, visible_files

HIDDEN = (
    ".ipynb_checkpoints/a-checkpoint.png",
    "benign/.ipynb_checkpoints/a.png",
    ".git/a.png",
    "__MACOSX/benign/a.png",
    "benign/@eaDir/a.png",
    "._a.png",
    ".DS_Store",
    "benign/Thumbs.db",
    "desktop.ini",
)


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden(name):
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["a.png", "benign/a.png", "a.b/c._d.png", "macosx/a.png"])
def test_visible(name):
    assert not is_hidden(name)


def test_files_of_a_folder_that_is_hidden_itself(tmp_path):
    folder = tmp_path / ".cache" / "mine"
    for name in (*HIDDEN, "b.png", "benign/c.png", "a.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    assert visible_files(folder) == [folder / "a.txt", folder / "b.png"]
    assert visible_files(folder, deep=True) == [folder / "a.txt", folder / "b.png", folder / "benign" / "c.png"]
    assert visible_files(folder / "absent", deep=True) == []
