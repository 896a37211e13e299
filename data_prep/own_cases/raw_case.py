"""One case of the user's data: its channels and masks, read from whatever files and checked against each other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from data_prep.own_cases.label_values import LabelValues, unknown_text
from l2b_data.errors import DataError
from l2b_data.images.image_files import IMAGE_SUFFIXES, file_suffix, read_channels, same_grid_faults
from l2b_data.images.soft_mask import MaskValues, mask_values
from l2b_data.images.stored_as import stored_as
from l2b_data.images.united_mask import read_united
from l2b_data.images.volume import Volume

_HALF = 0.5 - 1e-6  # shares are sums of float32 weights
_LUMA = (0.299, 0.587, 0.114)


def read_raw_image(paths: Sequence[Path], *, grey: bool = False) -> list[Volume]:
    """Channels of one case on one grid, from its image files in order; `DataError` with all that is wrong.

    grey: colour pictures become one channel (luma of ITU-R BT.601).
    """
    channels: list[Volume] = []
    for path in paths:
        found = read_channels(path)
        if grey and len(found) == 3 and file_suffix(path) in IMAGE_SUFFIXES:
            luma = np.tensordot(_LUMA, np.stack([channel.array for channel in found]), 1)
            found = [found[0].with_array(np.round(luma).astype(found[0].array.dtype))]
        channels += found
    faults = same_grid_faults(channels)
    if not all(np.isfinite(channel.array).all() for channel in channels):
        faults.append("the image holds NaN or infinite values")
    if faults:
        raise DataError(f"{paths[0]}: " + "; ".join(faults))
    return channels


def read_raw_mask(
    path: Path, image: Volume, image_path: Path, *, further: Sequence[Path] = (), fit: bool = False
) -> Volume:
    """The mask of an image, file values (whole numbers) on its grid; `DataError` with all that is wrong.

    further: see `read_united`. fit: masks of pictures may have another size and are brought onto the picture's grid
    (`fit_mask`).
    """
    mask = read_united(path, further)
    pictures = [file_suffix(file) in IMAGE_SUFFIXES for file in (image_path, path)]
    if pictures[0] != pictures[1]:
        raise DataError(f"{path}: one of image and mask is a picture and the other a volume: how they lie is not known")
    if fit and pictures[0]:
        try:
            return replace(image, array=fit_mask(mask.array, image.array.shape), notes=mask.notes)
        except ValueError as error:
            raise DataError(f"{path}: {error}") from error
    mask = stored_as(mask, image)
    faults = [f"image and mask differ in {fault}" for fault in image.same_grid(mask)]
    if faults:
        raise DataError(f"{path}: " + "; ".join([*faults, *mask.notes]))
    return replace(image, array=mask.array, notes=mask.notes)


def known_values(path: Path, mask: Volume, label_values: LabelValues | None) -> MaskValues:
    """The values in a mask; `DataError` for one that `label_values` does not name (None takes any).

    Not for those that may be the soft edges between two named values: `settle_label_values` knows, of all masks.
    """
    found = mask_values(mask.array)
    unknown = label_values.unknown(found.values) if label_values else []
    if label_values and unknown and not (found.may_be_soft and len(label_values.sources) == 2):
        raise DataError(f"{path}: {unknown_text(label_values, unknown)}")
    return found


def fit_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Label map (1, H, W) -> (1, h, w) of `shape`: a pixel takes the label that covers at least half of it, else 0.

    The same field of view is assumed: ValueError where the two aspect ratios differ by more than one pixel. A mask
    that already has the shape is returned as it is. Values are kept, the dtype as well.
    """
    (_, height, width), (_, rows, columns) = mask.shape, shape
    if (height, width) == (rows, columns):
        return mask
    if abs(height * columns - width * rows) > max(width, columns):
        raise ValueError(f"the mask has {height}x{width} pixels, its image {rows}x{columns}: another field of view")
    fitted = np.zeros((rows, columns), mask.dtype)
    for value in np.unique(mask[mask != 0]):
        share = Image.fromarray((mask[0] == value).astype(np.float32))
        covered = np.asarray(share.resize((columns, rows), Image.Resampling.BOX)) >= _HALF
        fitted[covered & (fitted == 0)] = value
    return fitted[None]
