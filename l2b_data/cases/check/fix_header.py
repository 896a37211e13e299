"""Masks whose voxels fit their images and whose headers do not: `check --fix-header` gives them their geometry."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from l2b_data.cases.check.noisy_masks import spoilt_folders
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_data.images.formats.dicom import DICOM_SUFFIXES
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix, read_channels, read_label_map, same_grid_faults
from l2b_data.images.volume import IDENTITY, Volume, write_volume


def fix_header(image_path: Path, mask_path: Path) -> str | None:
    """Rewrite the mask with the image's spacing, origin and direction, atomically; its values stay.

    Returns what was changed, in words; None where the headers agree already. Raises DataError: one of them cannot be
    read; shapes differ; the mask's axes run another way than the image's and its header is not the default one
    (identity, 1 mm, origin 0), so that its voxels may really be mirrored: that wants resampling; a picture, which has
    no header; an .mhd, which is not written.
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
    if file_suffix(mask_path) in (".mhd", *DICOM_SUFFIXES):
        suffix = file_suffix(mask_path)
        raise DataError(f"{mask_path}: not corrected: {suffix} is not written; convert it to .mha or .nii.gz")
    write_volume(image.with_array(mask.array), mask_path)
    return "; ".join(differences).replace(" against ", " of the image in place of ")


def fix_headers(pairs: Mapping[str, tuple[Path, Path]]) -> tuple[dict[str, str], list[str]]:
    """Case -> (image, mask) files; returns case -> what was changed, and a line for each mask that was refused.

    Pictures have no header, and absent files are left to the check.
    """
    changed, refused = dict[str, str](), list[str]()
    for case, (image, mask) in pairs.items():
        if file_suffix(mask) in IMAGE_SUFFIXES or not (image.exists() and mask.is_file()):
            continue
        try:
            change = fix_header(image, mask)
        except DataError as error:
            refused.append(f"{case}: {error}")
            continue
        if change is not None:
            changed[case] = change
    return changed, refused


def dataset_pairs(dataset: Dataset) -> dict[str, tuple[Path, Path]]:
    """Image and clean mask of each case of a prepared data set.

    Raises DataError where noisy masks were made from them: these have the old geometry, and name the old files.
    """
    if made := [folder.name for folder in spoilt_folders(dataset)]:
        raise DataError(
            f"--fix-header: {', '.join(made)} in {dataset.root} were made from these masks; remove them, fix the "
            "headers, and corrupt again"
        )
    return {case: (dataset.image_path(case), dataset.label_path(case)) for case in dataset.cases}
