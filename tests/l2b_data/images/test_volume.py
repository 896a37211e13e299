"""Volumes: round trips, and files that lie about themselves."""

import gzip
import zlib
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2b_data.errors import ConfigError, DataError
from l2b_data.images.volume import Volume, read_grid, read_volume, write_volume

COS, SIN = np.cos(0.3), np.sin(0.3)
TILTED = (COS, -SIN, 0.0, SIN, COS, 0.0, 0.0, 0.0, 1.0)


def tilted_volume(dtype=np.int16, shape=(3, 4, 5)):
    values = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    return Volume(values, (3.6, 0.7, 0.5), (-10.0, 20.5, 3.0), TILTED)


@pytest.mark.parametrize("volume", [tilted_volume(), Volume(np.ones((1, 4, 5), np.uint8), (1.0, 0.5, 0.5), flat=True)])
def test_the_grid_of_a_file_without_its_voxels(tmp_path, volume):
    path = tmp_path / "a.nii.gz"
    write_volume(volume, path)
    grid, whole = read_grid(path), read_volume(path)
    assert grid.same_grid(whole) == []
    assert (grid.flat, grid.array.strides) == (whole.flat, (0, 0, 0))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match=r"a\.nii\.gz"):
        read_grid(path)


def write_mhd(folder, name="Case00", array=None, header=None, data=None, compressed=False):
    """A MetaImage pair written by hand; `header` overrides its lines (None drops one), `data` the raw bytes."""
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4) if array is None else array
    payload = array.tobytes() if data is None else data
    suffix = "zraw" if compressed else "raw"
    fields = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": str(compressed),
        "ElementSpacing": "0.5 0.7 3.6",
        "DimSize": " ".join(str(length) for length in array.shape[::-1]),
        "ElementType": {"int16": "MET_SHORT", "uint8": "MET_UCHAR", "float32": "MET_FLOAT"}[array.dtype.name],
    }
    fields |= header or {}
    fields["ElementDataFile"] = fields.pop("ElementDataFile", f"{name}.{suffix}")  # the header ends there
    (folder / f"{name}.{suffix}").write_bytes(zlib.compress(payload) if compressed else payload)
    path = folder / f"{name}.mhd"
    path.write_text("".join(f"{key} = {value}\n" for key, value in fields.items() if value is not None))
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".mha", ".nrrd"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_round_trip_keeps_values_and_grid(tmp_path, suffix, dtype):
    volume = tilted_volume(dtype)
    write_volume(volume, tmp_path / f"a{suffix}")
    back = read_volume(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(back.array, volume.array)
    assert back.array.dtype == dtype
    assert back.same_grid(volume, tolerance_mm=1e-5) == []
    assert back.spacing_known


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_simpleitk_sees_the_same_geometry(tmp_path, suffix):
    volume = tilted_volume()
    write_volume(volume, tmp_path / f"a{suffix}")
    image = sitk.ReadImage(str(tmp_path / f"a{suffix}"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), volume.array)
    np.testing.assert_allclose(image.GetSpacing(), volume.spacing_mm[::-1], atol=1e-6)
    np.testing.assert_allclose(image.GetOrigin(), volume.origin, atol=1e-5)
    np.testing.assert_allclose(image.GetDirection(), volume.direction, atol=1e-6)


def test_reads_what_simpleitk_writes_as_mhd(tmp_path):
    volume = tilted_volume()
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing_mm[::-1])
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction)
    for compressed in (False, True):
        sitk.WriteImage(image, str(tmp_path / "a.mhd"), useCompression=compressed)
        back = read_volume(tmp_path / "a.mhd")
        np.testing.assert_array_equal(back.array, volume.array)
        assert back.same_grid(volume) == []


def test_same_volume_same_bytes(tmp_path):
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(tilted_volume(), tmp_path / name)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_unknown_spacing_stays_unknown_through_nifti(tmp_path):
    write_volume(Volume(np.zeros((2, 2, 2), np.uint8), spacing_known=False), tmp_path / "a.nii.gz")
    assert not read_volume(tmp_path / "a.nii.gz").spacing_known
    assert read_volume(write_mhd(tmp_path)).spacing_known
    assert not read_volume(write_mhd(tmp_path, header={"ElementSpacing": None})).spacing_known


def test_bool_and_int64_are_stored(tmp_path):
    for array, dtype in ((np.ones((1, 2, 2), bool), np.uint8), (np.full((1, 2, 2), -7, np.int64), np.int32)):
        write_volume(Volume(array), tmp_path / "a.nii.gz")
        back = read_volume(tmp_path / "a.nii.gz").array
        assert back.dtype == dtype
        np.testing.assert_array_equal(back, array)
    with pytest.raises(ValueError, match="int32"):
        write_volume(Volume(np.full((1, 1, 1), 2**40)), tmp_path / "b.nii.gz")
    with pytest.raises(ConfigError, match=r"\.nii\.gz"):
        write_volume(Volume(np.zeros((1, 1, 1))), tmp_path / "b.png")


def test_scaled_nifti_and_trailing_axis(tmp_path):
    image = nib.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2, 1), np.diag([2, 3, 4, 1]))
    image.header.set_slope_inter(0.5, 1)
    nib.save(image, tmp_path / "a.nii")
    back = read_volume(tmp_path / "a.nii")
    assert back.array.dtype == np.float32
    assert back.array.shape == (2, 2, 2)
    assert back.spacing_mm == (4, 3, 2)


def test_two_dimensional_image(tmp_path):
    sitk.WriteImage(sitk.GetImageFromArray(np.eye(3, dtype=np.uint8)), str(tmp_path / "a.mha"))
    flat = read_volume(tmp_path / "a.mha")
    assert flat.array.shape == (1, 3, 3)
    for name in ("b.mha", "b.nii.gz", "b.nrrd"):
        write_volume(flat, tmp_path / name)
        assert sitk.ReadImage(str(tmp_path / name)).GetDimension() == 2
        assert read_volume(tmp_path / name).same_grid(flat) == []
    tilted = replace(flat, origin=(0.0, 0.0, 4.0))  # what two axes cannot say is kept in three
    write_volume(tilted, tmp_path / "c.mha")
    assert read_volume(tmp_path / "c.mha").same_grid(tilted) == []


SIZES = {  # of 4 x 3 x 2 voxels of 2 bytes
    "10000 10000 10000": "1,000,000,000,000 voxels",
    **dict.fromkeys(("4 3 0", "4 3 -2"), "at least 1"),
    "4 3 2.5": "whole numbers",
    "4 3": "NDims = 3, DimSize = 4 3",
    "4 3 3": "truncated: 48 bytes of the 72",
    "4 3 1": "48 bytes where its header asks for 24",
}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        *(
            ({"ElementDataFile": name}, "plain file name")
            for name in ("../x.raw", "/etc/passwd", "sub\\x.raw", "LIST", "../%03d.raw 1 2 1", "x" * 5000)
        ),
        ({"ElementDataFile": "other.raw"}, "not beside it"),
        *(({"DimSize": size}, message) for size, message in SIZES.items()),
        ({"DimSize": None}, "no DimSize"),
        ({"ElementType": "MET_STRING"}, "MET_STRING"),
        ({"ElementNumberOfChannels": "3"}, "3 channels"),
        ({"BinaryData": "False"}, "BinaryData"),
        ({"ElementSpacing": "1 0 1"}, "a.mhd"),
    ],
)
def test_meta_headers_that_lie(tmp_path, header, message):
    path = write_mhd(tmp_path, "a", header=header)
    with pytest.raises(DataError, match=r"(?s)" + message.replace(".", r"\.")) as caught:
        read_volume(path)
    assert "a." in str(caught.value)


def test_repeated_header_key(tmp_path):
    path = write_mhd(tmp_path)
    path.write_text("DimSize = 1 1 1\n" + path.read_text())
    with pytest.raises(DataError, match="DimSize stands twice"):
        read_volume(path)


def test_compressed_meta_image_of_wrong_size(tmp_path):
    array = np.zeros((2, 3, 4), np.int16)
    assert read_volume(write_mhd(tmp_path, array=array, compressed=True)).array.shape == (2, 3, 4)
    for data, message in ((bytes(40), "truncated: 40 bytes of the 48"), (bytes(10_000_000), "more than the 48 bytes")):
        with pytest.raises(DataError, match=message):
            read_volume(write_mhd(tmp_path, array=array, data=data, compressed=True))
    path = write_mhd(tmp_path, array=np.random.default_rng(0).random((4, 8, 8)).astype(np.float32), compressed=True)
    packed = path.with_suffix(".zraw").read_bytes()
    path.with_suffix(".zraw").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match="truncated compressed data"):
        read_volume(path)
    path.with_suffix(".zraw").write_bytes(b"no zlib here")
    with pytest.raises(DataError, match="damaged compressed data"):
        read_volume(path)


def test_truncated_and_damaged_nifti(tmp_path):
    rng = np.random.default_rng(0)
    volume = Volume(rng.integers(0, 30000, (8, 16, 16)).astype(np.int16))
    plain, packed = tmp_path / "a.nii", tmp_path / "a.nii.gz"
    write_volume(volume, plain)
    write_volume(volume, packed)
    whole = plain.read_bytes()
    plain.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated"):
        read_volume(plain)
    stream = packed.read_bytes()
    packed.write_bytes(stream[:20] + bytes([stream[20] ^ 255]) + stream[21:])
    with pytest.raises(DataError, match=r"a\.nii\.gz"):
        read_volume(packed)
    packed.write_bytes(stream[: len(stream) // 2])
    with pytest.raises(DataError, match="gzip"):
        read_volume(packed)
    packed.write_bytes(gzip.compress(whole[: len(whole) // 2]))
    with pytest.raises(DataError, match="truncated"):
        read_volume(packed)
    packed.write_bytes(stream[:-8] + bytes([stream[-8] ^ 1]) + stream[-7:])  # checksum of the right data, one bit off
    with pytest.raises(DataError, match="gzip"):
        read_volume(packed)


def test_nifti_that_asks_for_too_much(tmp_path):
    header = nib.Nifti1Header()
    header.set_data_dtype(np.uint8)
    header["dim"] = [3, 30000, 30000, 30000, 1, 1, 1, 1]
    header["magic"], header["vox_offset"] = b"n+1", 352
    (tmp_path / "a.nii").write_bytes(header.binaryblock + bytes(4))
    with pytest.raises(DataError, match="more than the cap"):
        read_volume(tmp_path / "a.nii")


def test_nrrd_with_detached_or_short_data(tmp_path):
    path = tmp_path / "a.nrrd"
    write_volume(tilted_volume(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    with pytest.raises(DataError, match=r"a\.nrrd"):
        read_volume(path)
    path.write_bytes(whole.replace(b"encoding:", b"data file: /etc/passwd\nencoding:"))
    with pytest.raises(DataError, match="another file"):
        read_volume(path)


def test_colour_unknown_suffix_and_absent(tmp_path):
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2, 3), np.uint8), np.eye(4)), tmp_path / "rgb.nii")
    for name, message in (
        ("rgb.nii", "3 volumes along a fourth axis"),
        ("a.png", "unknown image type"),
        ("b.nii", "no such file"),
    ):
        with pytest.raises(DataError, match=message):
            read_volume(tmp_path / name)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_headers_never_crash(tmp_path, data):
    """Any change to a header is either read or refused with a `DataError`; no other exception reaches the user."""
    kind = data.draw(st.sampled_from(["a.mhd", "a.nii", "a.nii.gz", "a.nrrd"]))
    path = tmp_path / kind
    if kind == "a.mhd":
        write_mhd(tmp_path, "a")
    else:
        write_volume(tilted_volume(), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 348) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    try:
        volume = read_volume(path)
    except DataError as error:
        assert str(error)  # noqa: PT017 - both outcomes are fine, an empty message is not
    else:
        assert volume.array.ndim == 3
        assert np.isfinite(volume.spacing_mm).all()
