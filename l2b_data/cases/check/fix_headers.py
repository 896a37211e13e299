"""`check --fix-header` over a data set: which masks took their image's geometry, and which could not."""

from collections.abc import Mapping
from pathlib import Path

from l2b_data.cases.check.fix_header import fix_header
from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.errors import DataError
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix


def fix_headers(pairs: Mapping[str, tuple[Path, Path]]) -> tuple[dict[str, str], list[str]]:
    """Case -> (image, mask) files; returns case -> what was changed, and a line for each mask that was refused.

    Pictures have no header, and absent files are left to the check.
    """
    changed: dict[str, str] = {}
    refused: list[str] = []
    for case, (image, mask) in pairs.items():
        if file_suffix(mask) in IMAGE_SUFFIXES or not (image.is_file() and mask.is_file()):
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
    made = [folder.name for folder in sorted(dataset.root.glob(f"{CLEAN_LABELS}_noisy_*"))]
    if made:
        raise DataError(
            f"--fix-header: {', '.join(made)} in {dataset.root} were made from these masks; remove them, fix the "
            "headers, and corrupt again"
        )
    return {case: (dataset.image_path(case), dataset.label_path(case)) for case in dataset.cases}
