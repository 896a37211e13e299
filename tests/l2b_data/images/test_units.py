"""Distances are in mm whatever the unit of a header, and a NIfTI file is written in its own again."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from l2b_data.errors import DataError
from l2b_data.images.units import MM, unit_of
from l2b_data.images.volume import Volume, read_volume, write_volume
from tests.l2b_data.images.in_unit import PER_MM, assert_same_header, rewrite_in

VOLUME = Volume(
    np.arange(24, dtype=np.int16).reshape(2, 3, 4),
    (3.0, 0.5, 0.7),
    (-12.0, 20.5, 3.0),
    (0.96, -0.28, 0.0, 0.28, 0.96, 0.0, 0.0, 0.0, 1.0),
)


@pytest.mark.parametrize("unit", PER_MM)
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nifti_in_another_unit(tmp_path, unit, suffix):
    path, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    write_volume(VOLUME, path)
    rewrite_in(unit, path)
    volume, itk = read_volume(path), sitk.ReadImage(str(path))
    assert (volume.unit, volume.spacing_known) == (unit, True)
    assert volume.same_grid(VOLUME) == []
    np.testing.assert_allclose(volume.spacing_mm[::-1], itk.GetSpacing(), rtol=1e-5)
    np.testing.assert_allclose(volume.origin, itk.GetOrigin(), rtol=1e-5)
    write_volume(volume, again)
    assert_same_header(again, path)
    write_volume(volume, tmp_path / "c.mha")  # which has no unit
    assert read_volume(tmp_path / "c.mha").same_grid(VOLUME, 1e-4) == []


def test_a_nifti_without_a_unit_is_in_mm(tmp_path):
    image = nib.Nifti1Image(np.zeros((2, 3, 4), np.uint8), np.diag([2.0, 2.0, 5.0, 1.0]))
    image.header.set_xyzt_units("unknown")
    nib.save(image, tmp_path / "a.nii.gz")
    volume = read_volume(tmp_path / "a.nii.gz")
    assert (volume.spacing_mm, volume.unit, volume.spacing_known) == ((5.0, 2.0, 2.0), "mm", True)


def write_nrrd(path, *lines):
    header = ["NRRD0005", "type: unsigned char", "dimension: 3", "sizes: 4 3 2", "encoding: raw", *lines]
    path.write_bytes("\n".join([*header, "", ""]).encode() + bytes(24))
    return path


ORIENTED = ("space: left-posterior-superior", "space directions: (500,0,0) (0,700,0) (0,0,3000)")


@pytest.mark.parametrize(
    ("lines", "mm", "unit"),
    [
        ((*ORIENTED, 'space units: "um" "um" "um"', "space origin: (100,200,300)"), 0.001, "micron"),
        ((*ORIENTED, 'space units: "µm" "µm" "µm"', "space origin: (100,200,300)"), 0.001, "micron"),
        ((*ORIENTED, 'space units: "Microns" "microns" "microns"', "space origin: (100,200,300)"), 0.001, "micron"),
        ((*ORIENTED, 'space units: "m" "m" "m"', "space origin: (100,200,300)"), 1000.0, "meter"),
        ((*ORIENTED, 'space units: "cm" "cm" "cm"', "space origin: (100,200,300)"), 10.0, "cm"),
        ((*ORIENTED, 'space units: "mm" "mm" "mm"', "space origin: (100,200,300)"), 1.0, "mm"),
        ((*ORIENTED, "space origin: (100,200,300)"), 1.0, "mm"),
        (("spacings: 500 700 3000", 'units: "um" "um" "um"'), 0.001, "micron"),
        (("spacings: 500 700 3000", 'units: "pixel" "pixel" "pixel"'), 1.0, "mm"),
    ],
)
def test_nrrd_says_its_unit(tmp_path, lines, mm, unit):
    volume = read_volume(write_nrrd(tmp_path / "a.nrrd", *lines))
    np.testing.assert_allclose(volume.spacing_mm, mm * np.array([3000, 700, 500]))
    np.testing.assert_allclose(volume.origin, mm * np.array([100, 200, 300]) * ("space origin" in str(lines)))
    assert volume.unit == unit
    write_volume(volume, tmp_path / "b.nii.gz")
    back = read_volume(tmp_path / "b.nii.gz")
    assert back.unit == (unit if unit in PER_MM else "mm")
    assert back.same_grid(volume) == []


def test_axes_in_several_units_are_refused(tmp_path):
    path = write_nrrd(tmp_path / "a.nrrd", *ORIENTED, 'space units: "mm" "mm" "um"')
    with pytest.raises(DataError, match=r"a\.nrrd: axes in several units \(mm, mm, um\)"):
        read_volume(path)


@pytest.mark.parametrize(("text", "mm"), [("um", 0.001), ("cm", 10.0), ("mm", 1.0), ("?", 1.0)])
def test_meta_image_says_its_unit(tmp_path, text, mm):
    write_volume(VOLUME, tmp_path / "a.mha")
    header = (tmp_path / "a.mha").read_bytes()
    (tmp_path / "a.mha").write_bytes(
        header.replace(b"ElementSpacing", f"DistanceUnits = {text}\nElementSpacing".encode())
    )
    volume = read_volume(tmp_path / "a.mha")
    np.testing.assert_allclose(volume.spacing_mm, mm * np.array(VOLUME.spacing_mm))
    np.testing.assert_allclose(volume.origin, mm * np.array(VOLUME.origin))


def test_grids_of_micron_files_are_compared_in_microns():
    small = Volume(VOLUME.array, (0.0005, 0.0005, 0.0005), unit="micron")
    assert small.same_grid(small) == []
    assert "spacing_mm" in small.same_grid(Volume(VOLUME.array, (0.0005, 0.0005, 0.001), unit="micron"))[0]


def test_units_by_name():
    assert unit_of([]) == unit_of(["", ""]) == unit_of(["mm"]) == unit_of(["pixel"]) == "mm"
    assert unit_of([" UM "]) == unit_of(["μm"]) == unit_of(["micron", "um"]) == "micron"
    assert unit_of(["mm", "um"]) is None


@pytest.mark.parametrize(("name", "unit"), [("µm", "micron"), ("μm", "micron"), ("in", "inch"), ("cm", "cm")])
def test_names_of_units_in_utf_8(tmp_path, name, unit):
    header = f"NDims = 2\nDimSize = 4 3\nElementSpacing = 2 2\nDistanceUnits = {name}\nElementType = MET_UCHAR\n"
    (tmp_path / "a.mha").write_bytes(header.encode() + b"ElementDataFile = LOCAL\n" + bytes(12))
    volume = read_volume(tmp_path / "a.mha")
    assert volume.unit == unit
    assert volume.spacing_mm[1] == pytest.approx(2 * MM[unit])
