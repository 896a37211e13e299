"""NIfTI headers that contradict themselves, and compression that the name does not say."""

import gzip

import nibabel as nib
import numpy as np
import pytest

from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume

RIGHT = np.diag([-0.5, -0.5, 3.0, 1.0])


def write(path, affine, *, qform=None, pixdim=None):
    image = nib.Nifti1Image(np.zeros((4, 5, 6), np.uint8), affine)
    image.set_sform(affine, 1)
    image.set_qform(affine if qform is None else qform, 1)
    image.header.set_xyzt_units("mm")
    if pixdim:
        image.header["pixdim"][1:4] = pixdim
        image.header["qform_code"] = 0
    nib.save(image, path)
    return path


def moved(x):
    affine = RIGHT.copy()
    affine[0, 3] = x
    return affine


def test_a_sound_affine_is_not_noted(tmp_path):
    turned = RIGHT.copy()
    turned[:3, :3] = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]]) @ RIGHT[:3, :3]
    for affine in (RIGHT, turned):
        assert read_volume(write(tmp_path / "a.nii", affine)).notes == ()
    assert read_volume(write(tmp_path / "a.nii", RIGHT, qform=moved(0.2))).notes == ()


def test_what_contradicts_itself_is_noted(tmp_path):
    sheared = RIGHT.copy()
    sheared[0, 2] = 1.5
    image = nib.Nifti1Image(np.zeros((4, 5, 6), np.uint8), sheared)
    nib.save(image, tmp_path / "a.nii")
    assert "sheared" in read_volume(tmp_path / "a.nii").notes[0]
    (note,) = read_volume(write(tmp_path / "b.nii", RIGHT, pixdim=(0.8, 0.8, 3.0))).notes
    assert note.startswith("its spacing is (0.5, 0.5, 3) mm by its sform, (0.8, 0.8, 3) by its pixdim")
    (note,) = read_volume(write(tmp_path / "c.nii", RIGHT, qform=moved(7.0))).notes
    assert note.startswith("its sform and its qform place it up to 7 mm apart")
    (note,) = read_volume(write(tmp_path / "d.nii", RIGHT, qform=np.diag([0.5, -0.5, 3.0, 1.0]))).notes
    assert note.startswith("its sform and its qform place it up to 3 mm apart")


def test_compression_that_the_name_does_not_say(tmp_path):
    plain = write(tmp_path / "a.nii", RIGHT)
    (tmp_path / "b.nii").write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(DataError, match=r"is compressed \(gzip\), .* rename it to b\.nii\.gz"):
        read_volume(tmp_path / "b.nii")
    plain.rename(tmp_path / "c.nii.gz")
    with pytest.raises(DataError, match=r"is not compressed, .* rename it to c\.nii$"):
        read_volume(tmp_path / "c.nii.gz")


def test_another_kind_of_file_is_named(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"NRRD0004\n" + bytes(400))
    with pytest.raises(DataError, match=r"not a readable NIfTI file.*by its content it is an NRRD"):
        read_volume(tmp_path / "a.nii")
    (tmp_path / "a.nrrd").write_bytes(b"\x89PNG" + bytes(400))
    with pytest.raises(DataError, match="not an attached NRRD file; by its content it is a PNG"):
        read_volume(tmp_path / "a.nrrd")
    (tmp_path / "a.mha").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DataError, match="fetch the file itself with git lfs pull"):
        read_volume(tmp_path / "a.mha")
