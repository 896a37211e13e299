"""One form for every image: a (D, H, W) array with spacing, origin and direction, read and written with guards."""

import gzip
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.images.headers import check_meta_image, check_nrrd, check_size, check_voxels, gzip_size
from l2b_data.images.orientation import Cut, axis_letters, cut_of
from l2b_data.images.units import MM, unit_of

NIFTI_SUFFIXES = (".nii.gz", ".nii")
ITK_SUFFIXES = (".mhd", ".mha", ".nrrd")
VOLUME_SUFFIXES = NIFTI_SUFFIXES + ITK_SUFFIXES
IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_LPS = np.diag([-1.0, -1.0, 1.0])  # NIfTI counts to the right and to the front, ITK to the left and to the back


@dataclass(frozen=True)
class Volume:
    """A scalar image on a regular grid.

    array: (D, H, W), axes z, y, x; a 2-D image has D = 1. spacing_mm: (z, y, x), all positive; 1 where the file has
    none, and then `spacing_known` is False. origin: (x, y, z) of the first voxel in mm, LPS. direction: 9 numbers,
    row-major as in ITK; column i is the unit vector of axis x, y, z. flat: the file has two axes, and is written so.
    unit: the file's own, a key of `units.MM`; a NIfTI is written in it.
    """

    array: np.ndarray
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY
    spacing_known: bool = True
    flat: bool = False
    unit: str = "mm"

    def same_grid(self, other: "Volume", tolerance_mm: float = 1e-3) -> list[str]:
        """What differs between the two grids, in words; an empty list where they are the same.

        tolerance_mm: of spacing and origin, and of a cosine; in files in micron it is that many microns.
        """
        faults = []
        if self.array.shape != other.array.shape:
            faults.append(f"shape {_times(self.array.shape)} against {_times(other.array.shape)}")
        tiny = "micron" in (self.unit, other.unit)
        for name in ("spacing_mm", "origin", "direction"):
            mine, theirs = getattr(self, name), getattr(other, name)
            scale = 0.001 if tiny and name != "direction" else 1.0
            if not np.allclose(mine, theirs, rtol=0, atol=tolerance_mm * scale):
                differ = name == "direction" and self.axes != other.axes
                turned = f" (axes {self.axes} against {other.axes})" if differ else ""
                faults.append(f"{name} {_numbers(mine)} against {_numbers(theirs)}{turned}")
        return faults

    @property
    def axes(self) -> str:
        """Where the stored axes x, y, z run, see `axis_letters`."""
        return axis_letters(self.direction)

    def cut(self, plane: str | None = None) -> Cut:
        """How it is cut into slices, see `cut_of`."""
        return cut_of(self.array.shape, self.axes, plane)

    def with_array(self, array: np.ndarray) -> "Volume":
        """Another array, (D, H, W) of the same shape, on this grid."""
        if array.shape != self.array.shape:
            raise ValueError(f"array of shape {array.shape} on a grid of shape {self.array.shape}")
        return replace(self, array=array)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in values) + ")"


def volume_suffix(path: Path) -> str | None:
    """The one of VOLUME_SUFFIXES that `path` ends with, or None."""
    return next((suffix for suffix in VOLUME_SUFFIXES if Path(path).name.lower().endswith(suffix)), None)


def read_volume(path: Path | str) -> Volume:
    """Read .nii, .nii.gz, .mhd (with a .raw or .zraw beside it), .mha or .nrrd; one channel, 2 or 3 axes.

    The dtype is the file's, in native byte order; a NIfTI with a scale factor becomes float32. `DataError` for a
    missing, truncated, damaged or oversized file, a data file outside the header's folder, and more than one channel.
    """
    volumes = read_volumes(path)
    if len(volumes) > 1:
        raise DataError(f"{path}: {len(volumes)} volumes along a fourth axis where one is read; split it into files")
    return volumes[0]


def read_volumes(path: Path | str) -> list[Volume]:
    """The volumes along the fourth axis of a NIfTI, on one grid; one for a file of 2 or 3 axes. As `read_volume`."""
    path = Path(path)
    suffix = volume_suffix(path)
    if suffix is None:
        raise DataError(f"{path}: unknown image type; read are {', '.join(VOLUME_SUFFIXES)}")
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty (0 bytes); copy it again")
    if suffix in NIFTI_SUFFIXES:
        return _read_nifti(path, compressed=suffix == ".nii.gz")
    return [_read_itk(path, suffix)]


def _read_itk(path: Path, suffix: str) -> Volume:
    import SimpleITK as sitk

    header = check_nrrd(path) if suffix == ".nrrd" else check_meta_image(path)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise DataError(f"{path}: cannot be read: {str(error).strip().splitlines()[-1]}") from error
    if tuple(image.GetSize()) != header.shape_xyz or image.GetNumberOfComponentsPerPixel() != 1:
        raise DataError(f"{path}: read as size {image.GetSize()}, its header says {header.shape_xyz}")
    array = sitk.GetArrayFromImage(image)
    spacing, origin = (
        tuple(MM[header.unit] * value for value in values) for values in (image.GetSpacing(), image.GetOrigin())
    )
    direction = image.GetDirection()
    if not np.isfinite((*spacing, *origin, *direction)).all() or min(spacing) <= 0:
        raise DataError(f"{path}: spacing {_numbers(spacing)}, origin {_numbers(origin)}; correct its header")
    flat = array.ndim == 2
    if flat:
        array = array[None]
        spacing, origin = (*spacing, 1.0), (*origin, 0.0)
        direction = (direction[0], direction[1], 0.0, direction[2], direction[3], 0.0, 0.0, 0.0, 1.0)
    return Volume(array, spacing[::-1], origin, direction, header.spacing_known, flat, header.unit)


def _read_nifti(path: Path, *, compressed: bool) -> list[Volume]:
    image, expected, grid = _open_nifti(path)
    check_size(path, gzip_size(path, expected) if compressed else path.stat().st_size, expected, exact=False)
    shape = tuple(int(length) for length in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) not in (2, 3, 4):
        raise DataError(f"{path}: size {_times(shape)}; volumes of 2 or 3 axes are read, or several along a fourth")
    array = np.asanyarray(image.dataobj).reshape(*shape, *[1] * (4 - len(shape))).transpose(3, 2, 1, 0)
    if array.dtype.kind not in "iufb":
        raise DataError(f"{path}: voxels of type {array.dtype}; one number a voxel is read")
    scaled = array.dtype == np.float64 and image.get_data_dtype() != np.float64
    array = np.ascontiguousarray(array, dtype=np.float32 if scaled else array.dtype.newbyteorder("="))
    return [replace(grid, array=channel, flat=len(shape) == 2) for channel in array]


def _open_nifti(path: Path) -> tuple[Any, int, Volume]:
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
        raise DataError(f"{path}: not a readable NIfTI file: {error}") from error
    unit = unit_of([units]) or "mm"
    affine = MM[unit] * np.asarray(image.affine, float)
    matrix, origin = _LPS @ affine[:3, :3], _LPS @ affine[:3, 3]
    spacing = np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(affine).all() and np.isfinite(spacing).all() and (spacing > 0).all()):
        raise DataError(f"{path}: its affine has a zero or non-finite column; set the spacing in the header")
    (x, y, z), (left, back, up) = spacing.tolist(), origin.tolist()
    direction = tuple((matrix / spacing).ravel().tolist())
    known = not (units == "unknown" and np.allclose(spacing, 1.0))
    return image, expected, Volume(np.empty((0, 0, 0)), (z, y, x), (left, back, up), direction, known, unit=unit)


def read_grid(path: Path) -> Volume:
    """The grid of a NIfTI file from its header alone; every value of its array is 0, and takes no memory.

    `DataError` for a file that is absent or whose header is damaged.
    """
    image, _, grid = _open_nifti(path)
    width, height, depth, *_ = (*(int(length) for length in image.shape), 1, 1)
    return replace(grid, array=np.broadcast_to(np.uint8(0), (depth, height, width)), flat=len(image.shape) == 2)


def read_axes(path: Path) -> str | None:
    """Where the axes of a NIfTI file run (`Volume.axes`), from its header alone; None of a picture, without a spacing.

    None as well for a file that is absent or damaged, which is named where it is read.
    """
    try:
        grid = _open_nifti(path)[2]
    except DataError:
        return None
    return grid.axes if grid.spacing_known else None


def write_volume(volume: Volume, path: Path | str, *, flush: bool = True) -> None:
    """Write .nii, .nii.gz, .mha or .nrrd atomically; the same volume gives the same bytes.

    bool becomes uint8, int64 and uint64 become int32 (`ValueError` where they do not fit), float16 float32. `flush`:
    see `atomic_file`.
    """
    path = Path(path)
    suffix = volume_suffix(path)
    if suffix is None or suffix == ".mhd":
        raise ConfigError(f"{path}: volumes are written as .nii.gz, .nii, .mha or .nrrd")
    array = _storable(volume.array)
    with atomic_file(path, flush=flush) as temporary:
        if suffix in NIFTI_SUFFIXES:
            data = _nifti_bytes(volume, array)
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


def _nifti_bytes(volume: Volume, array: np.ndarray) -> bytes:
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
