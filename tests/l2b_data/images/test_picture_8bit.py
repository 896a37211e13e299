"""Images of every kind become upright 8-bit arrays of the channels asked for; what cannot is named."""

import io

import numpy as np
import pytest
from PIL import Image

from l2b_data.errors import DataError
from l2b_data.images.picture_8bit import is_deep, is_picture, read_picture, resize, resize_shorter_side

COLOUR = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".gif", ".tif", ".webp"])
def test_colour_and_grey(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(COLOUR).save(path, lossless=True)
    assert is_picture(path)
    np.testing.assert_array_equal(read_picture(path, channels=3), COLOUR)
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    grey = read_picture(path, channels=1)
    assert grey.shape == (5, 7, 1)
    np.testing.assert_allclose(grey[..., 0], luma, atol=0.51)
    np.testing.assert_array_equal(read_picture("zip/a", channels=3, data=io.BytesIO(path.read_bytes())), COLOUR)


def test_orientation_palette_transparency_and_cmyk(tmp_path):
    turned = Image.fromarray(COLOUR)
    exif = turned.getexif()
    exif[0x0112] = 6  # the right-hand column is the top: turn by 90 degrees clockwise to see it upright
    turned.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "turned.png", channels=3), np.rot90(COLOUR, -1))

    palette = Image.fromarray(np.array([[0, 1]], np.uint8), mode="P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "palette.png")
    assert read_picture(tmp_path / "palette.png", channels=3).tolist() == [[[10, 20, 30], [40, 50, 60]]]

    clear = np.array([[[9, 9, 9, 0], [9, 9, 9, 255]]], np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert read_picture(tmp_path / "clear.png", channels=1)[..., 0].tolist() == [[255, 9]]

    Image.new("CMYK", (2, 2), (0, 0, 0, 255)).save(tmp_path / "ink.jpg")
    assert read_picture(tmp_path / "ink.jpg", channels=3).max() < 5


def test_what_is_refused(tmp_path, monkeypatch):
    good = tmp_path / "good.png"
    Image.fromarray(COLOUR).save(good)
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:-40])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("no image at all")
    Image.fromarray(np.full((3, 3), np.nan, np.float32)).save(tmp_path / "deep.tif")
    Image.fromarray(COLOUR).save(tmp_path / "two.tif", save_all=True, append_images=[Image.fromarray(COLOUR)])
    for name, message in (
        ("none.png", "no such file"),
        ("cut.png", "not a readable image"),
        ("empty.png", "not a readable image"),
        ("text.jpg", "not a readable image"),
        ("deep.tif", "not a readable image .*NaN or infinite"),
        ("two.tif", "2 frames"),
    ):
        with pytest.raises(DataError, match=rf"{name}: {message}"):
            read_picture(tmp_path / name, channels=3)
    monkeypatch.setattr("l2b_data.images.picture_8bit.MAX_PIXELS", 30)
    with pytest.raises(DataError, match="7 x 5 pixels, more than the cap"):
        read_picture(good, channels=3)


def test_names():
    assert [is_picture(name) for name in ("a.JPG", "b/c.jpeg", "d.txt", ".hidden.png", "__MACOSX/._a.jpg")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_resize_and_cut():
    steps = np.repeat(np.array([0, 100], np.uint8), 4)[None, :, None].repeat(4, 0)  # (4, 8, 1), left dark
    assert resize(steps, None) is steps
    assert resize(steps, (4, 8)) is steps
    assert resize(steps, (2, 2))[..., 0].tolist() == pytest.approx(np.array([[14, 86], [14, 86]]), abs=1)
    assert resize(COLOUR, (3, 2)).shape == (3, 2, 3)
    cut = resize_shorter_side(steps, (4, 4))
    np.testing.assert_array_equal(cut, steps[:, 2:6])
    assert resize_shorter_side(COLOUR, (9, 4)).shape == (9, 4, 3)
    assert resize_shorter_side(np.full((3, 1000, 3), 7, np.uint8), (2, 2)).tolist() == [[[7] * 3] * 2] * 2


@pytest.mark.parametrize(("dtype", "suffix"), [(np.uint16, "png"), (np.uint16, "tif"), (np.float32, "tif")])
def test_deep_grey_values_are_read_over_their_own_range(tmp_path, dtype, suffix):
    values = np.array([[1000, 1500], [2000, 3000]], dtype)
    Image.fromarray(values).save(tmp_path / f"deep.{suffix}")
    assert is_deep(tmp_path / f"deep.{suffix}")
    grey = read_picture(tmp_path / f"deep.{suffix}", channels=1)
    assert grey[..., 0].tolist() == [[0, 64], [128, 255]]
    assert np.array_equal(read_picture(tmp_path / f"deep.{suffix}", channels=3), np.repeat(grey, 3, axis=2))


def test_one_deep_value_is_black_and_8_bits_are_not_deep(tmp_path):
    Image.fromarray(np.full((2, 2), 700, np.uint16)).save(tmp_path / "flat.png")
    assert not read_picture(tmp_path / "flat.png", channels=1).any()
    Image.fromarray(np.full((2, 2), 7, np.uint8)).save(tmp_path / "shallow.png")
    assert not is_deep(tmp_path / "shallow.png")
    assert not is_deep(tmp_path / "absent.png")
