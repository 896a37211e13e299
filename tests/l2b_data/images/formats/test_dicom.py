"""DICOM series: put together by position, their geometry checked, everything else named."""

from dataclasses import replace

import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.formats.dicom import holds_slices, is_series, series_in
from l2b_data.images.image_files import read_channels, read_label_map
from l2b_data.images.volume import read_volume, write_volume
from tests.l2b_data.images.dicom_series import ct_volume, write_series


@pytest.mark.parametrize("suffix", [".dcm", ".IMA", ""])
def test_a_series_is_a_volume(tmp_path, suffix):
    write_series(tmp_path / "a", ct_volume(), suffix=suffix)
    (tmp_path / "a" / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    (tmp_path / "a" / "notes.txt").write_text("text")
    volume = read_volume(tmp_path / "a")
    np.testing.assert_array_equal(volume.array, ct_volume().array)
    assert volume.same_grid(ct_volume()) == []
    assert volume.notes == ()
    assert volume.spacing_known
    write_volume(volume, tmp_path / "a.nii")
    assert read_volume(tmp_path / "a.nii").same_grid(volume) == []
    assert b"Doe" not in (tmp_path / "a.nii").read_bytes()


def test_one_slice_and_files_that_stand_alone(tmp_path):
    first, second = (write_series(tmp_path / name, ct_volume(1, seed=n), uid=f"1.{n}") for n, name in enumerate("ab"))
    assert read_volume(first[0]).array.shape == (1, 12, 16)
    assert read_volume(first[0]).spacing_mm == pytest.approx((1.0, 0.7, 0.5))
    np.testing.assert_array_equal(read_label_map(tmp_path / "b").array, ct_volume(1, seed=1).array)
    second[0].rename(tmp_path / "a" / "x.dcm")
    assert not holds_slices(tmp_path / "a")
    with pytest.raises(DataError, match=r"2 series; move each into a folder of its own:\n  1\.0: 1 images\n  1\.1: 1"):
        read_volume(tmp_path / "a")


def test_folders_of_series(tmp_path):
    for name in ("c1", "c2"):
        write_series(tmp_path / name, ct_volume())
    (tmp_path / ".old").mkdir()
    (tmp_path / "empty").mkdir()
    assert [path.name for path in series_in(tmp_path)] == ["c1", "c2"]
    assert (is_series(tmp_path), is_series(tmp_path / "c1")) == (False, True)
    with pytest.raises(DataError, match="c1: the slices of a DICOM series; put them into a folder of their own"):
        series_in(tmp_path / "c1")


def test_geometry_that_is_no_grid_is_refused(tmp_path):
    volume = ct_volume(6)
    write_series(tmp_path / "gap", volume, leave_out=[2])
    with pytest.raises(DataError, match=r"slices are missing.*6 mm between IM0005.dcm and IM0003.dcm, in most"):
        read_volume(tmp_path / "gap")
    write_series(tmp_path / "twice", volume)
    write_series(tmp_path / "twice", volume, start=10)
    with pytest.raises(DataError, match=r"6 of 12 positions stand twice .*time points or echoes"):
        read_volume(tmp_path / "twice")
    write_series(tmp_path / "scout", volume)
    write_series(tmp_path / "scout", replace(volume, array=volume.array[:1, :6]), start=10)
    with pytest.raises(DataError, match=r"differ in size 16x6 against 16x12|differ in size 16x12 against 16x6"):
        read_volume(tmp_path / "scout")
    coronal = (1.0, 0, 0, 0, 0, 1.0, 0, -1.0, 0)
    write_series(tmp_path / "turned", volume)
    write_series(tmp_path / "turned", replace(volume, array=volume.array[:1], direction=coronal), start=10)
    with pytest.raises(DataError, match="differ in direction"):
        read_volume(tmp_path / "turned")
    write_series(tmp_path / "tilted", volume, tilt=0.5)
    (note,) = read_volume(tmp_path / "tilted").notes
    assert "tilted gantry" in note


def test_series_of_one_folder_are_listed(tmp_path):
    write_series(tmp_path / "a", ct_volume(5), uid="1.2.3.4")
    write_series(tmp_path / "a", ct_volume(3), uid="1.2.3.5", start=10)
    with pytest.raises(DataError, match=r"2 series; .*:\n  1\.2\.3\.4: 5 images\n  1\.2\.3\.5: 3 images") as caught:
        read_volume(tmp_path / "a")
    assert "Doe" not in str(caught.value)


def test_colour_is_three_channels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 12, 16, 3), np.uint8)
    write_series(tmp_path / "a", replace(ct_volume(1), array=pixels))
    found = [channel.array[0] for channel in read_channels(tmp_path / "a")]
    np.testing.assert_array_equal(found, pixels[0].transpose(2, 0, 1))
    with pytest.raises(DataError, match="3 channels where one is read"):
        read_volume(tmp_path / "a")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (b"1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT holds outlines.*dcmrtstruct2nii, plastimatch or Slicer"),
        (b"1.2.840.10008.5.1.4.1.1.66.4", "DICOM segmentation: convert it with dcmqi's segimage2itkimage"),
    ],
)
def test_what_must_be_converted_says_with_what(tmp_path, kind, message):
    (tmp_path / "rt.dcm").write_bytes(bytes(128) + b"DICM" + kind)
    with pytest.raises(DataError, match=message):
        read_label_map(tmp_path / "rt.dcm")
    write_series(tmp_path / "a", ct_volume())
    (tmp_path / "rt.dcm").rename(tmp_path / "a" / "rt.dcm")
    np.testing.assert_array_equal(read_volume(tmp_path / "a").array, ct_volume().array)


def test_low_values_that_are_bright_are_turned_round(tmp_path):
    for path in write_series(tmp_path / "a", ct_volume()):
        path.write_bytes(path.read_bytes().replace(b"MONOCHROME2", b"MONOCHROME1"))
    values = ct_volume().array
    ends = values[0].max() + values[0].min()  # ITK turns the whole series by the ends of its first slice
    np.testing.assert_array_equal(read_volume(tmp_path / "a").array, ends - values)


def test_what_is_no_image_is_named(tmp_path):
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM")
    with pytest.raises(DataError, match=r"a\.dcm: no readable DICOM image"):
        read_volume(tmp_path / "a.dcm")
