"""Volumes brought to another's axes: what lies where in space stays."""

from itertools import permutations

import numpy as np
import pytest
import SimpleITK as sitk

from l2b_data.images.grid import Volume
from l2b_data.images.stored_as import stored_as

GRID = Volume(np.arange(24, dtype=np.int16).reshape(2, 3, 4), (3.0, 0.7, 0.5), (5.0, -6.0, 7.0))


def stored(volume, axes):
    """The same volume as ITK stores it with axes that run along `axes` (in DICOM's letters)."""
    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing_mm[::-1])
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction)
    other = sitk.DICOMOrient(image, axes)
    return Volume(sitk.GetArrayFromImage(other), other.GetSpacing()[::-1], other.GetOrigin(), other.GetDirection())


@pytest.mark.parametrize("axes", ["".join(one) for one in permutations("LPS")] + ["RAS", "RPI", "IAR", "AIL"])
def test_back_from_every_order(axes):
    other = stored(GRID, axes)
    assert other.axes == axes
    back = stored_as(other, GRID)
    assert back.same_grid(GRID) == []
    np.testing.assert_array_equal(back.array, GRID.array)
    assert [note[:14] for note in back.notes] == ([] if axes == "LPS" else [f"its axes run {axes}"[:14]])
    assert stored_as(GRID, other).same_grid(other) == []


def test_pictures_and_volumes_elsewhere():
    picture = Volume(GRID.array[:1], direction=(-1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0), picture=True)
    assert stored_as(picture, GRID) is picture
    moved = Volume(GRID.array[:, :, ::-1], GRID.spacing_mm, GRID.origin, (-1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0))
    assert stored_as(moved, GRID).same_grid(GRID) != []
