"""Which images of a folder and of a zip are seen."""

import zipfile

from data_prep.fetch.picture_source import open_pictures
from tests.data_prep.published import write_image


def test_hidden_images_are_not_seen(tmp_path):
    names = ("in/a.png", "b.jpg")
    for name in (*names, "in/.ipynb_checkpoints/a-checkpoint.png", "__MACOSX/in/a.png", "in/._a.png"):
        write_image(tmp_path / "folder" / name)
    with zipfile.ZipFile(tmp_path / "same.zip", "w") as opened:
        for path in sorted((tmp_path / "folder").rglob("*.*")):
            opened.write(path, path.relative_to(tmp_path / "folder").as_posix())
    for source in ("folder", "same.zip"):
        assert open_pictures(tmp_path / source, option="--images").names == sorted(names)
