"""Pictures and volumes as channels: what is read exactly, and what is refused with a way out."""

import zlib

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import l2b_data.images.picture
from l2b_data.errors import ConfigError, DataError
from l2b_data.images.image_files import (
    file_stem,
    file_suffix,
    read_channels,
    read_label_map,
    same_grid_faults,
    write_mask_image,
)
from l2b_data.images.volume import Volume, write_volume


def noise(shape, dtype=np.uint8, seed=0):
    info = np.iinfo(dtype)
    return np.random.default_rng(seed).integers(info.min, info.max, shape, dtype, endpoint=True)


def arrays(path):
    return np.stack([channel.array for channel in read_channels(path)])


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("colours", [1, 3])
def test_pictures_are_read_exactly(tmp_path, suffix, dtype, colours):
    pixels = noise((7, 5, colours), dtype)
    path = tmp_path / f"a{suffix}"
    written = tmp_path / f"a{suffix.lower()}"
    sitk.WriteImage(sitk.GetImageFromArray(pixels if colours > 1 else pixels[..., 0], isVector=colours > 1), written)
    written.rename(path)
    channels = read_channels(path)
    np.testing.assert_array_equal(np.stack([channel.array for channel in channels]), pixels.transpose(2, 0, 1)[:, None])
    assert all(channel.array.dtype == dtype for channel in channels)
    assert not any(channel.spacing_known for channel in channels)


def test_float_black_and_white_and_palette(tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    Image.fromarray(values).save(tmp_path / "float.tif")
    np.testing.assert_array_equal(arrays(tmp_path / "float.tif")[0, 0], values)
    Image.fromarray(values > 0).save(tmp_path / "bw.png")
    np.testing.assert_array_equal(read_label_map(tmp_path / "bw.png").array[0], values > 0)
    indices = noise((4, 6)) % 3
    palette = Image.fromarray(indices, mode="P")
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    palette.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_label_map(tmp_path / "palette.png").array[0], indices)
    np.testing.assert_array_equal(arrays(tmp_path / "palette.png")[0, 0], (indices == 1) * 255)


@pytest.mark.parametrize(
    ("shades", "expected"),
    [
        ([255, 0], [255, 0]),  # white first: the lesion is what a viewer shows white, not what has the higher index
        ([0, 255], [0, 1]),
        ([0, 7], [0, 1]),
    ],
)
def test_a_palette_of_greys_that_fall_is_looked_up(tmp_path, shades, expected):
    indices = noise((4, 6)) % 2
    palette = Image.fromarray(indices, mode="P")
    palette.putpalette([value for shade in shades for value in (shade, shade, shade)])
    palette.save(tmp_path / "mask.png")
    found = read_label_map(tmp_path / "mask.png").array[0]
    np.testing.assert_array_equal(found, np.array(expected)[indices])


def test_alpha_is_dropped_where_it_says_nothing(tmp_path):
    pixels = noise((4, 6, 4))
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(arrays(tmp_path / "opaque.png")[:, 0], pixels[..., :3].transpose(2, 0, 1))
    pixels[0, 0, 3] = 0
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    with pytest.raises(DataError, match="transparency varies"):
        read_channels(tmp_path / "clear.png")


def test_jpg_image_but_no_jpg_mask(tmp_path):
    pixels = np.full((16, 16, 3), 128, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.jpg")
    assert arrays(tmp_path / "a.jpg").shape == (3, 1, 16, 16)
    with pytest.raises(DataError, match=r"a jpg cannot hold labels exactly, .*; save masks as \.png"):
        read_label_map(tmp_path / "a.jpg")


def make_broken(folder):
    """Broken or ambiguous pictures, file name -> part of the message."""
    pixels = noise((40, 60, 3))
    for suffix in ("png", "jpg", "tif"):
        whole = folder / f"whole.{suffix}"
        Image.fromarray(pixels).save(whole)
        data = whole.read_bytes()
        whole.unlink()
        (folder / f"cut.{suffix}").write_bytes(data[: len(data) // 2])
        (folder / f"empty.{suffix}").write_bytes(b"")
        (folder / f"text.{suffix}").write_text("no picture")
        if suffix == "png":
            for name, place in (("flipped.png", len(data) // 2), ("flipped_checksum.png", len(data) - 14)):
                (folder / name).write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
            (folder / "a_png.jpg").write_bytes(data)
    first, second = (Image.fromarray(noise((8, 8), seed=seed)) for seed in (0, 1))
    first.save(folder / "pages.tif", save_all=True, append_images=[second])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(folder / "turned.jpg", exif=exif)
    sitk.WriteImage(sitk.GetImageFromArray(noise((40, 60, 3), np.uint16), isVector=True), folder / "deep.tif")
    (folder / "deep.tif").write_bytes((folder / "deep.tif").read_bytes()[:9000])
    Image.fromarray(noise((8, 8, 4)), mode="CMYK").save(folder / "cmyk.tif")
    damaged = "not a readable"
    return {
        **{f"{name}.{suffix}": damaged for name in ("cut", "text") for suffix in ("png", "jpg", "tif")},
        **{f"empty.{suffix}": "0 bytes" for suffix in ("png", "jpg", "tif")},
        "flipped.png": damaged,
        "flipped_checksum.png": damaged,
        "a_png.jpg": "not a readable JPEG picture; by its content it is a PNG",
        "deep.tif": damaged,
        "pages.tif": "2 pages; save them as a file each, or as one volume",
        "turned.jpg": r"EXIF orientation \(6\)",
        "cmyk.tif": "colour space CMYK",
        "absent.png": "no such file",
        "a.xyz": "unknown image type",
    }


def test_broken_pictures(tmp_path):
    for name, message in make_broken(tmp_path).items():
        with pytest.raises(DataError, match=message) as caught:
            read_channels(tmp_path / name)
        assert name in str(caught.value)


def test_too_many_pixels_before_decoding(tmp_path, monkeypatch):
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr(l2b_data.images.picture, "MAX_PIXELS", 599)
    with pytest.raises(DataError, match="30 x 20 pixels, more than the cap of 599"):
        read_channels(tmp_path / "a.png")
    header = bytearray((tmp_path / "a.png").read_bytes())
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(header)
    with pytest.raises(DataError, match="3600000000 pixels"):
        read_channels(tmp_path / "bomb.png")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_pictures_never_crash(tmp_path, data):
    """Any change to a picture is either read or refused with a `DataError`; no other exception reaches the user."""
    suffix = data.draw(st.sampled_from(["png", "jpg", "tif"]))
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise((9, 11, 3))).save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        channels = read_channels(path)
    except DataError as error:
        assert "a." in str(error)  # noqa: PT017 - both outcomes are fine, a message without the file is not
    else:
        assert all(channel.array.ndim == 3 for channel in channels)


def test_label_maps(tmp_path):
    labels = noise((2, 5, 6)) % 4
    write_volume(Volume(labels.astype(np.float32)), tmp_path / "float.nii.gz")
    back = read_label_map(tmp_path / "float.nii.gz").array
    np.testing.assert_array_equal(back, labels)
    assert back.dtype.kind == "i"
    write_volume(Volume(labels / 4), tmp_path / "share.nii.gz")
    with pytest.raises(DataError, match=r"holds 0\.25, 0\.5, 0\.75; labels are whole numbers"):
        read_label_map(tmp_path / "share.nii.gz")
    for values, share in ((labels, np.float32(0.99998)), (labels * np.int16(85), 1.00001)):
        write_volume(Volume(values * share), tmp_path / "off.nii.gz")
        rounded = read_label_map(tmp_path / "off.nii.gz")
        np.testing.assert_array_equal(rounded.array, values)
        assert rounded.notes == ("its values are a little off whole numbers, and are rounded",)
    write_volume(Volume(labels * 0.99), tmp_path / "further.nii.gz")
    with pytest.raises(DataError, match=r"holds 0\.99, 1\.98, 2\.97"):
        read_label_map(tmp_path / "further.nii.gz")
    write_volume(Volume(np.full((1, 2, 2), np.nan)), tmp_path / "nan.nii.gz")
    with pytest.raises(DataError, match="NaN"):
        read_label_map(tmp_path / "nan.nii.gz")
    grey = np.repeat(labels[0, :, :, None], 3, axis=2)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_label_map(tmp_path / "grey.png").array, labels[:1])
    grey[0, 0] = (1, 2, 3)
    Image.fromarray(grey).save(tmp_path / "colour.png")
    with pytest.raises(DataError, match="labels coded as colours"):
        read_label_map(tmp_path / "colour.png")


def test_fourth_axis_is_channels(tmp_path):
    values = np.arange(2 * 3 * 4 * 2, dtype=np.int16).reshape(2, 3, 4, 2)
    nib.save(nib.Nifti1Image(values, np.diag([0.5, 0.5, 3, 1])), tmp_path / "a.nii.gz")
    channels = read_channels(tmp_path / "a.nii.gz")
    assert len(channels) == 2
    np.testing.assert_array_equal(channels[1].array, values[..., 1].T)
    assert channels[1].spacing_mm == pytest.approx((3, 0.5, 0.5))
    assert same_grid_faults(channels) == []
    shifted = Volume(channels[1].array, (3, 0.5, 0.6))
    assert "channel 1 differs from channel 0 in spacing_mm" in same_grid_faults([channels[0], shifted])[0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_masks_are_written_and_read_back(tmp_path, suffix):
    mask = noise((1, 9, 7)) % 5
    write_mask_image(mask.astype(np.int16) * 1000, tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read_label_map(tmp_path / f"a{suffix}").array, mask.astype(int) * 1000)
    write_mask_image(mask, tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read_label_map(tmp_path / f"a{suffix}").array, mask)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


def test_masks_that_cannot_be_written(tmp_path):
    with pytest.raises(ConfigError, match=r"a\.jpg: mask pictures are written as \.png or \.tif"):
        write_mask_image(np.zeros((1, 2, 2), np.uint8), tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="a mask picture is"):
        write_mask_image(np.zeros((2, 2, 2), np.uint8), tmp_path / "a.png")
    for value in (-1, 70000):
        with pytest.raises(ConfigError, match=r"a\.png: a picture holds mask values of 0 to 65535"):
            write_mask_image(np.full((1, 2, 2), value), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_names(tmp_path):
    assert file_suffix(tmp_path / "a.b.NII.GZ") == ".nii.gz"
    assert file_suffix(tmp_path / "a.JPG") == ".jpg"
    assert file_suffix(tmp_path / "a.txt") is None
    assert file_stem(tmp_path / "a.b.NII.GZ") == "a.b"
