"""TIFF files as programs write them, and the pictures without a format of grey."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from l2b_data.errors import DataError
from l2b_data.images.formats.tiff import tiff_facts
from l2b_data.images.image_files import read_channels, read_label_map, write_mask_image

MASK = np.zeros((6, 8), np.uint8)
MASK[2:4, 2:5] = 1


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float64, np.float16, np.int16, np.uint32, bool])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_every_type_of_grey(tmp_path, dtype, photometric):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, MASK.astype(dtype), photometric=photometric)
    inverted = dtype is bool and photometric == "miniswhite"  # as it is shown
    np.testing.assert_array_equal(read_label_map(path).array, [MASK == 0 if inverted else MASK])
    assert read_channels(path)[0].array.shape == (1, 6, 8)


def test_a_mask_in_which_0_is_white_is_taken_as_stored_and_noted(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, MASK * 255, photometric="miniswhite")
    found = read_label_map(path)
    np.testing.assert_array_equal(found.array[0], MASK * 255)
    assert "0 is white (WhiteIsZero): its values are taken as stored" in found.notes[0]
    np.testing.assert_array_equal(read_channels(path)[0].array[0], 255 - MASK * 255)
    tifffile.imwrite(path, MASK > 0, photometric="miniswhite")
    assert "taken as it is shown, white as foreground" in read_label_map(path).notes[0]
    tifffile.imwrite(path, MASK * 255)
    assert read_label_map(path).notes == ()


def test_what_neither_reader_knows_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "pages.tif", np.zeros((3, 6, 8), np.int64), photometric="minisblack")
    with pytest.raises(DataError, match="3 pages of 6x8; one grey page"):
        read_label_map(tmp_path / "pages.tif")
    tifffile.imwrite(tmp_path / "packed.tif", MASK.astype(np.int64), compression="zlib")
    data = (tmp_path / "packed.tif").read_bytes()
    assert read_label_map(tmp_path / "packed.tif").array.sum() == 6
    (tmp_path / "packed.tif").write_bytes(data[:-3])
    with pytest.raises(DataError, match=r"not a readable TIFF picture .*; save it with 8, 16 or 32 bits"):
        read_label_map(tmp_path / "packed.tif")


@pytest.mark.parametrize(
    ("options", "spacing", "unit"),
    [
        ({"resolution": (200.0, 100.0), "resolutionunit": "CENTIMETER"}, (0.1, 0.05), "mm"),
        ({"resolution": (300.0, 300.0), "resolutionunit": "INCH"}, None, "mm"),
        ({"resolution": (72 / 2.54, 72 / 2.54), "resolutionunit": "CENTIMETER"}, None, "mm"),
        ({"imagej": True, "resolution": (2.0, 4.0), "metadata": {"unit": "um"}}, (0.00025, 0.0005), "micron"),
        ({"imagej": True, "resolution": (2.0, 4.0), "metadata": {"unit": "mm"}}, (0.25, 0.5), "mm"),
        ({"imagej": True, "resolution": (2.0, 4.0), "metadata": {"unit": "pixel"}}, None, "mm"),
        ({"ome": True, "metadata": {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}}, (0.00025, 0.0005), "micron"),
        ({}, None, "mm"),
    ],
)
def test_the_size_of_a_pixel(tmp_path, options, spacing, unit):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, MASK, **options)
    facts = tiff_facts(path)
    assert facts.unit == unit
    assert facts.spacing_mm == (None if spacing is None else pytest.approx(spacing))
    volume = read_label_map(path)
    assert volume.spacing_known == (spacing is not None)
    assert volume.spacing_mm == pytest.approx((1.0, *(spacing or (1, 1))))


def test_a_written_mask_keeps_the_size_of_a_pixel(tmp_path):
    write_mask_image(MASK[None], tmp_path / "a.tif", spacing_mm=(1.0, 0.1, 0.05))
    assert read_label_map(tmp_path / "a.tif").spacing_mm == pytest.approx((1.0, 0.1, 0.05))
    write_mask_image(MASK[None], tmp_path / "a.png", spacing_mm=(1.0, 0.1, 0.05))
    assert not read_label_map(tmp_path / "a.png").spacing_known
    assert read_label_map(tmp_path / "a.png").same_grid(read_label_map(tmp_path / "a.tif")) == []


@pytest.mark.parametrize("suffix", [".bmp", ".gif"])
@pytest.mark.parametrize("value", [1, 3, 255])
def test_bmp_and_gif_hold_the_greys_they_show(tmp_path, suffix, value):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(MASK * np.uint8(value)).save(path)
    np.testing.assert_array_equal(read_label_map(path).array[0], MASK * value)
    Image.fromarray(MASK > 0).save(path)
    np.testing.assert_array_equal(read_label_map(path).array[0] > 0, MASK > 0)
    colour = np.random.default_rng(0).integers(0, 4, (6, 8, 3), np.uint8) * 80
    Image.fromarray(colour).save(path)
    np.testing.assert_array_equal([channel.array[0] for channel in read_channels(path)], colour.transpose(2, 0, 1))
