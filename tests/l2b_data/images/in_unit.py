"""A NIfTI file with its distances in another unit."""

import nibabel as nib
import numpy as np

PER_MM = {"micron": 1000.0, "meter": 0.001, "mm": 1.0}


def rewrite_in(unit, *paths):
    """Give NIfTI files in mm another unit; they describe the same grid in space."""
    for path in paths:
        image = nib.load(path)
        affine = np.diag([*[PER_MM[unit]] * 3, 1.0]) @ image.affine
        other = nib.Nifti1Image(np.asanyarray(image.dataobj), affine)
        other.header.set_xyzt_units(unit)
        nib.save(other, path)


def assert_same_header(path, expected):
    """Both files give the same unit and the same numbers, as nibabel reads them."""
    one, other = nib.load(path), nib.load(expected)
    assert one.header.get_xyzt_units()[0] == other.header.get_xyzt_units()[0]
    np.testing.assert_allclose(one.affine, other.affine, rtol=1e-6, atol=1e-6 * np.abs(other.affine).max())
    np.testing.assert_allclose(one.header.get_zooms(), other.header.get_zooms(), rtol=1e-6)
