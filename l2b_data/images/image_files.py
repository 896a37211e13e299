"""Image files of every kind, 2-D pictures and volumes, as channels on one grid."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_file
from l2b_data.files.unicode_form import composed
from l2b_data.images.formats.tiff import TiffFacts, tiff_facts
from l2b_data.images.picture import FORMATS, JPEG_SUFFIXES, PNG_SUFFIXES, TIFF_SUFFIXES, read_picture
from l2b_data.images.soft_mask import uncompressed
from l2b_data.images.volume import VOLUME_SUFFIXES, Volume, read_volume, read_volumes, volume_suffix

IMAGE_SUFFIXES = tuple(FORMATS)
READABLE_SUFFIXES = IMAGE_SUFFIXES + VOLUME_SUFFIXES
_OFF, _OFF_SHARE, _OFF_AT_MOST = 1e-3, 1e-4, 0.05  # how far a label may be off a whole number, also as share of it
_ROUNDED = "its values are a little off whole numbers, and are rounded"
_WHITE_IS_ZERO = (
    "in its TIFF 0 is white (WhiteIsZero): its values are taken as stored, so that 0 is the background whatever a "
    "viewer shows",
    "in its TIFF 0 is white (WhiteIsZero): it is taken as it is shown, white as foreground",
)


def file_suffix(path: Path) -> str | None:
    """The one of READABLE_SUFFIXES that `path` ends with (lower case), or None."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES else volume_suffix(path)


def file_stem(path: Path) -> str:
    """Name of a file without its readable suffix, in form NFC: "a.b" for a.b.nii.gz."""
    return composed(path.name[: len(path.name) - len(file_suffix(path) or "")])


def read_channels(path: Path | str) -> list[Volume]:
    """The channels of one image file, at least one, all on one grid.

    A 2-D picture has D = 1, and spacing 1 with `spacing_known` False but for a TIFF that says it in a unit of length;
    colour gives three channels (red, green, blue); see `read_picture` for what is refused. A NIfTI with a fourth axis
    gives a channel for each step along it, DICOM in colour three; every other volume gives one. A folder is a DICOM
    series. Raises DataError.
    """
    path = Path(path)
    suffix = file_suffix(path)
    if path.is_dir():
        return read_volumes(path)
    if suffix is None:
        raise DataError(f"{path}: unknown image type; read are {', '.join(READABLE_SUFFIXES)}")
    if suffix in IMAGE_SUFFIXES:
        return [_flat(channel, path) for channel in read_picture(path)]
    return read_volumes(path)


def read_label_map(path: Path | str) -> Volume:
    """A label map: whole numbers (D, H, W), as an unsigned or signed integer dtype; D = 1 for a picture.

    A palette picture gives its indices (of greys that fall as the indices rise, what a viewer shows), a colour one is
    read where its channels are equal, black-and-white is 0 / 1. The compression of a jpg moves values along every
    border, so that none of them names a label any more: of a black-and-white mask the two values, 0 and 255, are
    restored by a threshold at half. Floats a little off whole numbers are rounded, and noted. Raises DataError: as
    `read_channels`, and for other fractions, NaN, colour-coded labels and any other jpg.
    """
    path = Path(path)
    suffix = file_suffix(path)
    if suffix in IMAGE_SUFFIXES:
        channels = read_picture(path, indices=True)
        if any(not np.array_equal(channels[0], other) for other in channels[1:]):
            raise DataError(f"{path}: labels coded as colours; save them as grey values or palette indices")
        volume = _flat(channels[0], path)
        if suffix in TIFF_SUFFIXES and tiff_facts(path).white_is_zero:
            volume = replace(volume, notes=(_WHITE_IS_ZERO[channels.dtype.kind == "b"],))
        if suffix in JPEG_SUFFIXES:
            restored = uncompressed(volume.array)
            if restored is None:
                raise DataError(
                    f"{path}: a jpg cannot hold labels exactly, and this is no black-and-white mask (0 and 255) of "
                    "which they could be restored; save masks as .png"
                )
            volume = volume.with_array(restored)
    else:
        volume = read_volume(path)
    if volume.array.dtype.kind == "b":
        return volume.with_array(volume.array.astype(np.uint8))
    if volume.array.dtype.kind != "f":
        return volume
    whole = _whole(path, volume.array)
    notes = () if np.array_equal(whole, volume.array) else (_ROUNDED,)
    return replace(volume, array=whole, notes=(*volume.notes, *notes))


def _flat(array: np.ndarray, path: Path) -> Volume:
    facts = tiff_facts(path) if file_suffix(path) in TIFF_SUFFIXES else TiffFacts()
    pixels = array[None] if array.dtype.kind != "b" else array[None].astype(np.uint8)
    if facts.spacing_mm is None:
        return Volume(pixels, spacing_known=False, picture=True)
    return Volume(pixels, (1.0, *facts.spacing_mm), unit=facts.unit, picture=True)


def off_whole(array: np.ndarray) -> np.ndarray:
    """Which values of a finite float array are no labels, bool: further off a whole number than rounding explains."""
    off = np.minimum(_OFF + _OFF_SHARE * np.abs(array), _OFF_AT_MOST)
    return np.asarray(np.abs(array - np.round(array)) > off)


def _whole(path: Path, array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise DataError(f"{path}: holds values that are NaN or infinite")
    fractions = np.unique(array[off_whole(array)])
    if fractions.size or float(np.abs(array).max(initial=0)) > np.iinfo(np.int32).max:
        shown = ", ".join(f"{value:g}" for value in fractions[:4]) or "values beyond 2^31"
        raise DataError(f"{path}: holds {shown}; labels are whole numbers, so threshold probabilities first")
    return np.round(array).astype(np.int32)


def write_mask_image(mask: np.ndarray, path: Path | str, *, spacing_mm: Sequence[float] | None = None) -> None:
    """Write a label map (1, H, W) as a grey .png or .tif picture with the values as they are, atomically.

    8 bits a pixel, 16 for a map of another dtype than uint8. spacing_mm: (..., y, x), kept by a .tif. Raises
    ConfigError: another suffix (a jpg would change the values), or values that 16 bits do not hold; ValueError: another
    shape.
    """
    path = Path(path)
    if path.suffix.lower() not in PNG_SUFFIXES + TIFF_SUFFIXES:
        raise ConfigError(f"{path}: mask pictures are written as .png or .tif")
    if mask.ndim != 3 or len(mask) != 1:
        raise ValueError(f"a mask picture is (1, H, W), not {mask.shape}")
    if mask.dtype != np.uint8:
        if mask.min(initial=0) < 0 or mask.max(initial=0) > np.iinfo(np.uint16).max:
            raise ConfigError(f"{path}: a picture holds mask values of 0 to 65535; name a file that ends with .nii.gz")
        mask = mask.astype(np.uint16)
    options: dict[str, Any] = {}
    if spacing_mm is not None:
        height, width = (10 / length for length in spacing_mm[-2:])
        options = {"resolution_unit": "cm", "x_resolution": width, "y_resolution": height}
    with atomic_file(path) as temporary:
        Image.fromarray(mask[0]).save(temporary, compression="tiff_deflate", **options)


def same_grid_faults(channels: Sequence[Volume]) -> list[str]:
    """How channels of one image differ in grid from the first, in words; empty where all are on one grid."""
    return [
        f"channel {number} differs from channel 0 in {fault}"
        for number, channel in enumerate(channels[1:], 1)
        for fault in channels[0].same_grid(channel)
    ]
