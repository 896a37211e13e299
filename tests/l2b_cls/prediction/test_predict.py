"""Which pictures of a folder are predicted."""

from l2b_cls.prediction.predict import find_pictures
from tests.data_prep.published import write_image


def test_hidden_pictures_are_not_found(tmp_path):
    for name in ("b.png", "inner/a.jpg", ".ipynb_checkpoints/b-checkpoint.png", "inner/@eaDir/a.jpg", "._b.png"):
        write_image(tmp_path / "new" / name)
    assert list(find_pictures(tmp_path / "new")) == ["b.png", "inner/a.jpg"]
