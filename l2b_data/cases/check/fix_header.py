"""A mask whose voxels fit its image and whose header does not: give it the image's geometry."""

from dataclasses import replace
from pathlib import Path

from l2b_data.errors import DataError
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix, read_channels, read_label_map, same_grid_faults
from l2b_data.images.volume import IDENTITY, Volume, write_volume


def fix_header(image_path: Path, mask_path: Path) -> str | None:
    """Rewrite the mask with the image's spacing, origin and direction, atomically; its values stay.

    Returns what was changed, in words; None where the headers agree already.

    Raises:
        DataError: one of them cannot be read; shapes differ; the mask's axes run another way than the image's and its
            header is not the default one (identity, 1 mm, origin 0), so that its voxels may really be mirrored: that
            wants resampling; a picture, which has no header; an .mhd, which is not written.
    """
    if {file_suffix(image_path), file_suffix(mask_path)} & set(IMAGE_SUFFIXES):
        raise DataError(f"{mask_path}: a picture has no geometry to correct")
    channels, mask = read_channels(image_path), read_label_map(mask_path)
    image = channels[0]
    differences = image.same_grid(mask)
    if not differences:
        return None
    if same_grid_faults(channels) or image.array.shape != mask.array.shape:
        raise DataError(f"{mask_path}: not corrected: image and mask differ in {'; '.join(differences)}")
    plain = Volume(mask.array, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), IDENTITY)
    nifti = replace(plain, direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0))
    default = not mask.same_grid(plain) or not mask.same_grid(nifti)  # of a program that knows nothing of geometry
    if image.axes != mask.axes and not default:
        raise DataError(
            f"{mask_path}: not corrected: its axes run {mask.axes}, its image's {image.axes}, so its voxels may be "
            "mirrored or turned; resample it onto the image"
        )
    if file_suffix(mask_path) == ".mhd":
        raise DataError(f"{mask_path}: not corrected: .mhd is not written; convert it to .mha or .nii.gz")
    write_volume(image.with_array(mask.array), mask_path)
    return "; ".join(differences).replace(" against ", " of the image in place of ")
