"""MetaImage and NRRD files (.mhd, .mha, .nrrd, .seg.nrrd), checked and then read by SimpleITK."""

from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.images.formats.meta_image import check_meta_image
from l2b_data.images.formats.nrrd import check_nrrd
from l2b_data.images.grid import Volume, numbers
from l2b_data.images.units import MM


def read_itk(path: Path, suffix: str) -> Volume:
    """The volume of a .mhd, .mha or .nrrd file, `suffix` says which; errors as `read_volume`."""
    import SimpleITK as sitk

    header = check_nrrd(path) if suffix.endswith(".nrrd") else check_meta_image(path)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise DataError(f"{path}: cannot be read: {str(error).strip().splitlines()[-1]}") from error
    if _used(image.GetSize()) != _used(header.shape_xyz) or image.GetNumberOfComponentsPerPixel() != 1:
        raise DataError(f"{path}: read as size {image.GetSize()}, its header says {header.shape_xyz}")
    if image.GetDimension() == 4:
        image = image[:, :, :, 0]
    array = sitk.GetArrayFromImage(image)
    spacing, origin = (
        tuple(MM[header.unit] * value for value in values) for values in (image.GetSpacing(), image.GetOrigin())
    )
    direction = image.GetDirection()
    if not np.isfinite((*spacing, *origin, *direction)).all() or min(spacing) <= 0:
        raise DataError(f"{path}: spacing {numbers(spacing)}, origin {numbers(origin)}; correct its header")
    flat = array.ndim == 2
    if flat:
        array = array[None]
        spacing, origin = (*spacing, 1.0), (*origin, 0.0)
        direction = (direction[0], direction[1], 0.0, direction[2], direction[3], 0.0, 0.0, 0.0, 1.0)
    return Volume(array, spacing[::-1], origin, direction, header.spacing_known, flat, header.unit, notes=header.notes)


def _used(shape: tuple[int, ...]) -> list[int]:
    """The lengths but those of 1, as readers drop a fourth axis of one."""
    return [length for length in shape if length > 1]
