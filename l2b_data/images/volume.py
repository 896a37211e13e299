"""Volumes of every file type: read and written with guards."""

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.images.formats.dicom import DICOM_SUFFIXES, read_dicom
from l2b_data.images.formats.itk import read_itk
from l2b_data.images.formats.nifti import nifti_bytes, open_nifti, read_nifti
from l2b_data.images.grid import IDENTITY, Volume

__all__ = [
    "IDENTITY",
    "VOLUME_SUFFIXES",
    "Volume",
    "read_axes",
    "read_grid",
    "read_volume",
    "read_volumes",
    "volume_suffix",
    "write_volume",
]

NIFTI_SUFFIXES = (".nii.gz", ".nii")
SLICER_SUFFIX = ".seg.nrrd"
ITK_SUFFIXES = (".mhd", ".mha", SLICER_SUFFIX, ".nrrd")
VOLUME_SUFFIXES = (*NIFTI_SUFFIXES, *ITK_SUFFIXES, *DICOM_SUFFIXES)


def volume_suffix(path: Path) -> str | None:
    """The one of VOLUME_SUFFIXES that `path` ends with, or None."""
    return next((suffix for suffix in VOLUME_SUFFIXES if Path(path).name.lower().endswith(suffix)), None)


def read_volume(path: Path | str) -> Volume:
    """Read .nii, .nii.gz, .mhd (with a .raw or .zraw beside it), .mha, .nrrd or DICOM; one channel, 2 or 3 axes.

    The dtype is the file's, in native byte order; a NIfTI with a scale factor becomes float32. `DataError` for a
    missing, truncated, damaged or oversized file, a data file outside the header's folder, and more than one channel.
    """
    volumes = read_volumes(path)
    if len(volumes) > 1:
        what = "channels" if Path(path).is_dir() else "volumes along a fourth axis"
        raise DataError(f"{path}: {len(volumes)} {what} where one is read; split it into files")
    return volumes[0]


def read_volumes(path: Path | str) -> list[Volume]:
    """The volumes along the fourth axis of a NIfTI, or the colours of DICOM, on one grid; else one. As `read_volume`.

    A folder is read as a DICOM series (`read_dicom`).
    """
    path = Path(path)
    if path.is_dir():
        return read_dicom(path)
    suffix = volume_suffix(path)
    if suffix is None:
        raise DataError(f"{path}: unknown image type; read are {', '.join(VOLUME_SUFFIXES)}")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty (0 bytes); copy it again")
    if suffix in NIFTI_SUFFIXES:
        return read_nifti(path, compressed=suffix == ".nii.gz")
    return read_dicom(path) if suffix in DICOM_SUFFIXES else [read_itk(path, suffix)]


def read_grid(path: Path) -> Volume:
    """The grid of a NIfTI file from its header alone; every value of its array is 0, and takes no memory.

    `DataError` for a file that is absent or whose header is damaged.
    """
    image, _, grid = open_nifti(path)
    width, height, depth, *_ = (*(int(length) for length in image.shape), 1, 1)
    return replace(grid, array=np.broadcast_to(np.uint8(0), (depth, height, width)), flat=len(image.shape) == 2)


def placed_grid(path: Path) -> Volume | None:
    """The grid of a NIfTI file, from its header alone; None of a picture, without a spacing.

    None as well for a file that is absent or damaged, which is named where it is read.
    """
    try:
        grid = open_nifti(path)[2]
    except (DataError, OSError):
        return None
    return grid if grid.spacing_known else None


def read_axes(path: Path) -> str | None:
    """Where the axes of a NIfTI file run (`Volume.axes`); None as `placed_grid`."""
    grid = placed_grid(path)
    return None if grid is None else grid.axes


def write_volume(volume: Volume, path: Path | str, *, flush: bool = True) -> None:
    """Write .nii, .nii.gz, .mha or .nrrd atomically; the same volume gives the same bytes.

    bool becomes uint8, int64 and uint64 become int32 (`ValueError` where they do not fit), float16 float32. `flush`:
    see `atomic_file`.
    """
    path = Path(path)
    suffix = volume_suffix(path)
    if suffix is None or suffix in (".mhd", *DICOM_SUFFIXES):
        raise ConfigError(f"{path}: volumes are written as .nii.gz, .nii, .mha or .nrrd")
    array = _storable(volume.array)
    with atomic_file(path, flush=flush) as temporary:
        if suffix in NIFTI_SUFFIXES:
            data = nifti_bytes(volume, array)
            temporary.write_bytes(gzip.compress(data, 6, mtime=0) if suffix == ".nii.gz" else data)
        else:
            import SimpleITK as sitk

            matrix = np.reshape(volume.direction, (3, 3))
            upright = all(np.array_equal(ends, (0, 0, 1)) for ends in (matrix[2], matrix[:, 2]))
            axes = 2 if volume.flat and volume.origin[2] == 0 and upright else 3  # two hold no more than a plane
            image = sitk.GetImageFromArray(array[0] if axes == 2 else array)
            image.SetSpacing(volume.spacing_mm[::-1][:axes])
            image.SetOrigin(volume.origin[:axes])
            image.SetDirection(matrix[:axes, :axes].ravel().tolist())
            sitk.WriteImage(image, str(temporary), useCompression=True)


def _storable(array: np.ndarray) -> np.ndarray:
    if array.ndim != 3:
        raise ValueError(f"a volume has axes (D, H, W), not shape {array.shape}")
    if array.dtype == bool:
        return array.astype(np.uint8)
    if array.dtype in (np.int64, np.uint64):
        if array.size and (array.min() < np.iinfo(np.int32).min or array.max() > np.iinfo(np.int32).max):
            raise ValueError("values do not fit int32")
        return array.astype(np.int32)
    return array.astype(np.float32) if array.dtype == np.float16 else array
