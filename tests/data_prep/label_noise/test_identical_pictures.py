"""Pictures that are the same, in an array and in files."""

import numpy as np
import pytest
from PIL import Image

from data_prep.label_noise.identical_pictures import identical_pictures
from l2b_data.errors import DataError
from l2b_data.samples.write_image_set import PictureFiles, write_image_set


def write(root, images):
    count = 5
    return write_image_set(
        root, name="same", images=images, labels=np.arange(count) % 2, split=["train"] * count, classes=["a", "b"]
    )


def test_equal_pixels(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (5, 4, 4, 1), np.uint8)
    pictures[3] = pictures[1]
    images = write(tmp_path / "set", pictures)
    assert identical_pictures(images, np.arange(5)).tolist() == [0, 1, 2, 1, 3]
    assert identical_pictures(images, np.array([3, 4, 1])).tolist() == [0, 1, 0]
    assert identical_pictures(images, np.array([], int)).tolist() == []


def test_equal_files(tmp_path):
    generator = np.random.default_rng(0)
    for number in range(5):
        picture = generator.integers(0, 255, (6, 6, 3), np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{number}.bmp")  # all of one size
    (tmp_path / "4.bmp").write_bytes((tmp_path / "0.bmp").read_bytes())
    images = write(tmp_path / "set", PictureFiles(tmp_path, [f"{n}.bmp" for n in range(5)], (6, 6)))
    assert identical_pictures(images, np.arange(5)).tolist() == [0, 1, 2, 3, 0]
    (tmp_path / "2.bmp").unlink()
    with pytest.raises(DataError, match=r"a picture cannot be read: .*2\.bmp"):
        identical_pictures(images, np.arange(5))
