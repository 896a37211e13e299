"""NIfTI files (.nii, .nii.gz): read with guards, and written."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError
from l2b_data.images.formats.content import by_content, content_of
from l2b_data.images.formats.headers import check_size, check_voxels, gzip_size
from l2b_data.images.grid import Volume, numbers, times
from l2b_data.images.units import MM, unit_of

_LPS = np.diag([-1.0, -1.0, 1.0])  # NIfTI counts to the right and to the front, ITK to the left and to the back
_RIGHT_ANGLE = 0.005  # cosine; affines of oblique slices, kept as float32, stay below 1e-5
_SAME = 0.01  # of a spacing
_HALF = 0.5  # of the smallest spacing


def read_nifti(path: Path, *, compressed: bool) -> list[Volume]:
    """The volumes along the fourth axis of a .nii, or with `compressed` of a .nii.gz; errors as `read_volumes`."""
    _check_compression(path, compressed=compressed)
    image, expected, grid = open_nifti(path)
    check_size(path, gzip_size(path, expected) if compressed else path.stat().st_size, expected, exact=False)
    shape = tuple(int(length) for length in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) not in (2, 3, 4):
        raise DataError(f"{path}: size {times(shape)}; volumes of 2 or 3 axes are read, or several along a fourth")
    array = np.asanyarray(image.dataobj).reshape(*shape, *[1] * (4 - len(shape))).transpose(3, 2, 1, 0)
    if array.dtype.kind not in "iufb":
        raise DataError(f"{path}: voxels of type {array.dtype}; one number a voxel is read")
    scaled = array.dtype == np.float64 and image.get_data_dtype() != np.float64
    array = np.ascontiguousarray(array, dtype=np.float32 if scaled else array.dtype.newbyteorder("="))
    return [replace(grid, array=channel, flat=len(shape) == 2) for channel in array]


def open_nifti(path: Path) -> tuple[Any, int, Volume]:
    """The file as nibabel opens it, the bytes its header asks for, and its grid, an empty volume."""
    import nibabel as nib
    from nibabel.filebasedimages import ImageFileError
    from nibabel.spatialimages import HeaderDataError

    try:
        image: Any = nib.load(path)  # whatever its class, checked by what is asked of it
        shape = tuple(int(length) for length in image.shape)
        expected = check_voxels(path, shape) * image.get_data_dtype().itemsize + int(image.dataobj.offset)
        units = image.header.get_xyzt_units()[0]
    except (ImageFileError, HeaderDataError, zlib.error, EOFError, OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: not a readable NIfTI file: {error}{by_content(path)}") from error
    unit = unit_of([units]) or "mm"
    affine = MM[unit] * np.asarray(image.affine, float)
    matrix, origin = _LPS @ affine[:3, :3], _LPS @ affine[:3, 3]
    spacing = np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(affine).all() and np.isfinite(spacing).all() and (spacing > 0).all()):
        raise DataError(f"{path}: its affine has a zero or non-finite column; set the spacing in the header")
    (x, y, z), (left, back, up) = spacing.tolist(), origin.tolist()
    direction = tuple((matrix / spacing).ravel().tolist())
    known = not (units == "unknown" and np.allclose(spacing, 1.0))
    notes = tuple(_affine_notes(image, affine, MM[unit]))
    grid = Volume(np.empty((0, 0, 0)), (z, y, x), (left, back, up), direction, known, unit=unit, notes=notes)
    return image, expected, grid


def _affine_notes(image: Any, affine: np.ndarray, mm: float) -> Iterator[str]:
    """Where the header contradicts itself, or asks for a grid that no other format holds. affine: 4 x 4, in mm."""
    from nibabel.spatialimages import HeaderDataError

    matrix = affine[:3, :3]
    spacing = np.linalg.norm(matrix, axis=0)
    cosines = (matrix / spacing).T @ (matrix / spacing)
    if np.abs(cosines - np.eye(3)).max() > _RIGHT_ANGLE:
        yield "its affine is sheared: its axes do not stand at right angles, so distances and other programs may differ"
    header = image.header
    if not hasattr(header, "get_sform"):
        return
    pixdim = mm * np.abs(np.asarray(header["pixdim"][1:4], float))
    axes = min(int(header["dim"][0]), 3)
    if header["sform_code"] and not np.allclose(spacing[:axes], pixdim[:axes], rtol=_SAME, atol=0):
        yield (
            f"its spacing is {numbers(spacing)} mm by its sform, {numbers(pixdim)} by its pixdim: the sform is taken, "
            "other programs may take the other"
        )
        return
    try:
        qform = header.get_qform(coded=True)[0] if header["sform_code"] else None
    except (HeaderDataError, ValueError):  # a quaternion that is none; nothing reads it here
        return
    if qform is not None:
        ends = np.array([*np.ndindex(2, 2, 2)]) * (np.array((*image.shape, 1, 1, 1)[:3]) - 1)
        apart = ends @ (mm * qform[:3, :3] - matrix).T + mm * qform[:3, 3] - affine[:3, 3]
        if (far := np.linalg.norm(apart, axis=1).max()) > _HALF * spacing.min():
            yield f"its sform and its qform place it up to {far:.3g} mm apart: the sform is taken here"


def _check_compression(path: Path, *, compressed: bool) -> None:
    kind, name = content_of(path), path.name
    if compressed and kind == "a NIfTI":
        raise DataError(f"{path}: is not compressed, though its name says so; rename it to {name[: -len('.gz')]}")
    if not compressed and kind == "a gzip stream":
        raise DataError(f"{path}: is compressed (gzip), though its name does not say so; rename it to {name}.gz")


def nifti_bytes(volume: Volume, array: np.ndarray) -> bytes:
    """A .nii file with `array` on the grid of `volume`."""
    import nibabel as nib

    affine = np.eye(4)
    affine[:3, :3] = _LPS @ (np.reshape(volume.direction, (3, 3)) * np.asarray(volume.spacing_mm[::-1]))
    affine[:3, 3] = _LPS @ np.asarray(volume.origin)
    unit = volume.unit if volume.unit in ("micron", "meter") else "mm"
    affine[:3] /= MM[unit]
    stored = array.transpose(2, 1, 0)
    image = nib.Nifti1Image(stored[:, :, 0] if volume.flat else stored, affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1)
    image.header.set_xyzt_units(unit if volume.spacing_known else "unknown")
    return image.to_bytes()
