"""Images as a classifier sees them: 8 bits a channel, upright, grey or colour, of one size."""

import os
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

from l2b_data.errors import DataError
from l2b_data.images.picture import FORMATS, MAX_PIXELS

PICTURE_SUFFIXES = (*FORMATS, ".webp")
_FORMATS = tuple({*FORMATS.values(), "WEBP"})
_DEEP = ("I", "I;16", "I;16B", "I;16L", "F")


def is_picture(path: Path | str) -> bool:
    """Whether the name ends like an image (upper or lower case) and is not hidden."""
    path = Path(path)
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")


def printable_name(name: str) -> str:
    """The name, with \\xNN for bytes that are no UTF-8: another text than `name` where tables could not hold it."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def read_picture(
    path: Path | str, *, channels: int, size: tuple[int, int] | None = None, data: IO[bytes] | None = None
) -> np.ndarray:
    """Pixels (H, W, `channels`) uint8; 1 channel is grey (colour by its luma), 3 are red, green, blue.

    An orientation tag is obeyed, a palette looked up, CMYK converted, transparency laid on white. size (H, W): the
    image is resized, as `resize`. data: the bytes, where they do not stand in a file (a member of a zip; `path` then
    names them in errors). Grey values of more than 8 bits (`is_deep`) are scaled, the image's own lowest to 0 and
    highest to 255: which part of a wider range is meant is not known. Raises DataError: absent, empty, truncated or
    damaged; more than MAX_PIXELS; several frames; NaN or infinite values.
    """
    path = Path(path)
    if data is None and not path.is_file():
        raise DataError(f"{path}: no such file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is refused below or fails when decoded
        try:
            with Image.open(path if data is None else data, formats=_FORMATS) as image:
                _check(path, image)
                image.load()
                upright = ImageOps.exif_transpose(image)
                return resize(_convert(upright, channels), size)
        except Image.DecompressionBombError as error:
            raise DataError(f"{path}: {error}; make it smaller") from error
        except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError) as error:
            raise DataError(f"{path}: not a readable image ({error}); copy it again") from error


def is_deep(path: Path) -> bool:
    """Whether the grey values of a readable image have more than 8 bits; its header alone is read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=_FORMATS) as image:
                return image.mode in _DEEP
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return False


def resize(pixels: np.ndarray, size: tuple[int, int] | None) -> np.ndarray:
    """(H, W, C) uint8 -> (*size, C) uint8, C 1 or 3, bilinear with antialiasing (Pillow's); None: as it is.

    Height and width are scaled on their own: the whole image stays, its proportions may not.
    """
    if size is None or pixels.shape[:2] == tuple(size):
        return pixels
    flat = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    resized = Image.fromarray(flat).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.uint8).reshape(*size, pixels.shape[-1])


def resize_shorter_side(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, C) uint8 -> (*size, C): scaled with its proportions until it covers `size`, then cut in the middle."""
    height, width = pixels.shape[:2]
    scale = max(size[0] / height, size[1] / width)
    scaled = resize(pixels, (max(size[0], round(height * scale)), max(size[1], round(width * scale))))
    top, left = (scaled.shape[0] - size[0]) // 2, (scaled.shape[1] - size[1]) // 2
    return scaled[top : top + size[0], left : left + size[1]]


def _check(path: Path, image: Any) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{path}: {width} x {height} pixels, more than the cap of {MAX_PIXELS:,}; make it smaller")
    if getattr(image, "n_frames", 1) != 1:
        raise DataError(f"{path}: {image.n_frames} frames; save the one that is meant")


def _in_8_bits(image: Any) -> Any:
    """A deep grey image over its own range of values. Raises ValueError where one is not finite."""
    values = np.asarray(image, np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise ValueError("it has values that are NaN or infinite")
    return Image.fromarray(np.rint((values - low) * (255 / max(high - low, 1e-300))).astype(np.uint8))


def _convert(image: Any, channels: int) -> np.ndarray:
    if image.mode in _DEEP:
        image = _in_8_bits(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"), np.uint8)
    return pixels[..., None] if channels == 1 else pixels
