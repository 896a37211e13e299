"""Soft edges are told from labels by where their greys lie."""

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from l2b_data.errors import DataError
from l2b_data.images.image_files import read_label_map
from l2b_data.images.soft_mask import mask_values, softness

RESAMPLING = Image.Resampling


def blob(seed=0, size=192):
    """A lesion-like picture of 0 and 255: a few discs together."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[:size, :size]
    parts = [(rng.uniform(0.35, 0.65, 2) * size, rng.uniform(0.08, 0.2) * size) for _ in range(4)]
    inside = np.any([np.hypot(rows - y, columns - x) < radius for (y, x), radius in parts], axis=0)
    return Image.fromarray(inside.astype(np.uint8) * 255)


def as_jpg(image, quality):
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(content)


def values_of(image):
    return mask_values(np.asarray(image)[None])


SOFT = {
    "smaller": lambda image: image.resize((48, 48), RESAMPLING.BILINEAR),
    "smaller cubic": lambda image: image.resize((100, 100), RESAMPLING.BICUBIC),
    "half": lambda image: image.resize((96, 96), RESAMPLING.BOX),
    "larger": lambda image: image.resize((64, 64), RESAMPLING.NEAREST).resize((256, 256), RESAMPLING.BILINEAR),
    "larger cubic": lambda image: image.resize((64, 64), RESAMPLING.NEAREST).resize((512, 512), RESAMPLING.BICUBIC),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "jpg 95": lambda image: as_jpg(image, 95),
    "jpg 40": lambda image: as_jpg(image, 40),
}


@pytest.mark.parametrize("kind", SOFT)
def test_soft_edges(kind):
    found = [values_of(SOFT[kind](blob(seed))) for seed in range(4)]
    assert softness(found) == "soft"
    assert all(mask.is_soft for mask in found)
    assert found[0].half == 127.5
    assert softness([*found, values_of(blob()), values_of(Image.new("L", (64, 64)))]) == "soft"


def organs(count, step, radius):
    """Discs with the values step, 2 step, ... in rows, as instance or class numbers are drawn."""
    rows, columns = np.ogrid[:128, :128]
    labels = np.zeros((1, 128, 128), np.uint8)
    for number in range(count):
        y, x = 8 + 16 * (number // 8), 8 + 16 * (number % 8)
        labels[0][np.hypot(rows - y, columns - x) < radius] = (number + 1) * step
    return labels


@pytest.mark.parametrize(
    "labels",
    [
        organs(3, 1, 6),
        organs(40, 1, 6),
        organs(10, 25, 6),
        organs(60, 4, 2),
        organs(20, 1, 5) + np.uint8(255) * ((organs(20, 1, 7) > 0) & (organs(20, 1, 5) == 0)),
        np.random.default_rng(0).integers(0, 256, (1, 64, 64), np.uint8),
        np.tile(np.arange(256, dtype=np.uint8), (1, 64, 1)),
        np.zeros((1, 8, 8), np.uint8),
        np.full((2, 8, 8), 255, np.uint8),
        127 * organs(1, 1, 6) + 128 * organs(1, 1, 4),
        organs(5, 1, 7) + np.roll(organs(5, 1, 7) + 94 * (organs(5, 1, 7) > 0), 7, axis=1),
    ],
    ids=[
        "few",
        "instances",
        "grey-coded",
        "small",
        "ringed by 255",
        "noise",
        "ramp",
        "empty",
        "full",
        "a border class",
        "low and high",
    ],
)
def test_labels(labels):
    found = mask_values(labels)
    assert softness([found]) == "labels"
    assert not found.is_soft
    np.testing.assert_array_equal(found.values, np.unique(labels))


def test_unclear_where_greys_reach_far_from_the_edges():
    found = values_of(blob().filter(ImageFilter.GaussianBlur(3.5)))
    assert (softness([found]), found.is_soft) == ("unclear", False)


def test_a_black_and_white_jpg_is_two_values_again(tmp_path):
    expected = np.asarray(blob())
    blob().save(tmp_path / "a.jpg", quality=40)
    found = read_label_map(tmp_path / "a.jpg").array[0]
    assert np.unique(found).tolist() == [0, 255]
    assert (found != expected).mean() < 0.003
    for value in (0, 255):
        Image.new("L", (16, 16), value).save(tmp_path / "a.jpg", quality=40)  # 0 becomes 1
        assert np.unique(read_label_map(tmp_path / "a.jpg").array).tolist() == [value]


@pytest.mark.parametrize("values", [(0, 1), (0, 85, 170, 255), (128,)])
def test_other_jpgs_are_refused(tmp_path, values):
    labels = np.repeat(np.array(values, np.uint8), 32)[None].repeat(32, axis=0)
    Image.fromarray(labels).save(tmp_path / "a.jpg", quality=90)
    with pytest.raises(DataError, match=r"a\.jpg: a jpg cannot hold labels exactly"):
        read_label_map(tmp_path / "a.jpg")
