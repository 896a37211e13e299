"""Masks whose voxels fit their images and whose headers do not: `check --fix-header` gives copies their geometry."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from l2b_data.cases.check.noisy_masks import spoilt_folders
from l2b_data.cases.dataset import Dataset
from l2b_data.errors import DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.images.formats.dicom import DICOM_SUFFIXES
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix, read_channels, read_label_map, same_grid_faults
from l2b_data.images.stored_as import stored_as
from l2b_data.images.volume import IDENTITY, Volume, write_volume

FIXED, BACKUP = "_fixed", "_backup"  # endings of the folders beside that of the masks
_PLACED = 1e-3  # mm: a header that differs less from the default one is the default one


@dataclass
class FixedHeaders:
    """By case: what was changed, in words, and the file that holds the mask now; and a line for each refused one."""

    changed: dict[str, str] = field(default_factory=dict)
    written: dict[str, Path] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def fix_header(image_path: Path, mask_path: Path, *, in_place: bool = False) -> tuple[str, Path] | None:
    """Write the mask with the image's spacing, origin and direction, atomically; its values stay.

    The copy goes to the folder beside, MASKS_fixed; with `in_place` the mask is rewritten, and what it was is kept in
    MASKS_backup. Returns what was changed, in words, and the file that was written; None where the headers agree
    already. Raises DataError: one of them cannot be read; shapes differ; the mask lies elsewhere by more than a voxel
    or its axes run another way than the image's, and its header is not the default one (identity, 1 mm, origin 0), so
    that its voxels may really lie there: that wants resampling; a picture, which has no header; a file type that is not
    written; a backup that is there already.
    """
    if {file_suffix(image_path), file_suffix(mask_path)} & set(IMAGE_SUFFIXES):
        raise DataError(f"{mask_path}: a picture has no geometry to correct")
    channels, mask = read_channels(image_path), read_label_map(mask_path)
    image = channels[0]
    differences = image.same_grid(mask)
    if not differences or not image.same_grid(stored_as(mask, image)):
        return None
    if same_grid_faults(channels) or image.array.shape != mask.array.shape:
        raise DataError(f"{mask_path}: not corrected: image and mask differ in {'; '.join(differences)}")
    if not _is_default(mask):
        _refuse_elsewhere(image, mask, mask_path)
    suffix = file_suffix(mask_path)
    if suffix in (".mhd", *DICOM_SUFFIXES):
        raise DataError(f"{mask_path}: not corrected: {suffix} is not written; convert it to .mha or .nii.gz")
    beside = _beside(mask_path, BACKUP if in_place else FIXED)
    if in_place:
        if beside.exists():
            raise DataError(f"{mask_path}: not corrected: its backup {beside} is there already; move it away")
        with atomic_file(beside) as temporary:
            shutil.copyfile(mask_path, temporary)
    written = mask_path if in_place else beside
    write_volume(image.with_array(mask.array), written)
    return "; ".join(differences).replace(" against ", " of the image in place of "), written


def _is_default(mask: Volume) -> bool:
    """Whether the header is that of a program that knows nothing of geometry."""
    plain = Volume(mask.array, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), IDENTITY)
    nifti = replace(plain, direction=(-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0))
    return not mask.same_grid(plain, _PLACED) or not mask.same_grid(nifti, _PLACED)


def _refuse_elsewhere(image: Volume, mask: Volume, path: Path) -> None:
    if image.axes != mask.axes:
        raise DataError(
            f"{path}: not corrected: its axes run {mask.axes}, its image's {image.axes}, so its voxels may be mirrored "
            "or turned; resample it onto the image"
        )
    lost = np.allclose(mask.spacing_mm, 1, rtol=0, atol=_PLACED)  # the spacing alone, and the position is kept
    far = _voxels_apart(image, replace(mask, spacing_mm=image.spacing_mm) if lost else mask)
    if far > 1:
        raise DataError(
            f"{path}: not corrected: by its header it lies up to {far:.1f} voxels from its image, so that it may be of "
            "another place; resample it onto the image, or copy the image's header in a program that shows both"
        )


def _voxels_apart(image: Volume, mask: Volume) -> float:
    """The longest way from a corner of the image to that of the mask, in voxels of the image."""
    corners = np.array([*np.ndindex(2, 2, 2)]) * (np.array(image.array.shape[::-1]) - 1)
    matrices = [np.reshape(one.direction, (3, 3)) * one.spacing_mm[::-1] for one in (image, mask)]
    way = corners @ (matrices[1] - matrices[0]).T + np.subtract(mask.origin, image.origin)
    return float(np.abs(np.linalg.solve(matrices[0], way.T)).max())


def fix_headers(pairs: Mapping[str, tuple[Path, Path]], *, in_place: bool = False) -> FixedHeaders:
    """`fix_header` of every case -> (image, mask) files; the folder of copies gets the masks that are sound as well.

    Pictures have no header, and absent files are left to the check.
    """
    done, sound = FixedHeaders(), dict[str, Path]()
    for case, (image, mask) in pairs.items():
        if file_suffix(mask) in IMAGE_SUFFIXES or not (image.exists() and mask.is_file()):
            continue
        try:
            change = fix_header(image, mask, in_place=in_place)
        except DataError as error:
            done.refused.append(f"{case}: {error}")
            continue
        if change is None:
            sound[case] = mask
        else:
            done.changed[case], done.written[case] = change
    for case, mask in sound.items() if done.changed and not in_place else ():
        done.written[case] = _beside(mask, FIXED)
        with atomic_file(done.written[case]) as temporary:
            shutil.copyfile(mask, temporary)
    return done


def _beside(mask_path: Path, ending: str) -> Path:
    return mask_path.parent.with_name(mask_path.parent.name + ending) / mask_path.name


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
