"""2-D pictures (png, jpg, tif, bmp, gif) decoded with guards, as arrays (C, H, W)."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from l2b_data.errors import DataError
from l2b_data.images.formats.content import by_content, content_of
from l2b_data.images.formats.tiff import read_grey_tiff

PNG_SUFFIXES, JPEG_SUFFIXES, TIFF_SUFFIXES = (".png",), (".jpg", ".jpeg"), (".tif", ".tiff")
FORMATS = {
    **dict.fromkeys(PNG_SUFFIXES, "PNG"),
    **dict.fromkeys(JPEG_SUFFIXES, "JPEG"),
    **dict.fromkeys(TIFF_SUFFIXES, "TIFF"),
    ".bmp": "BMP",
    ".gif": "GIF",
}
"""Pillow's name of the format of each suffix."""
MAX_PIXELS = 1 << 28  # 16,384 x 16,384; asked before anything is decoded

_ORIENTATION = 0x0112  # EXIF and TIFF tag; 1: the first row is the top of the picture
_GREY = ("1", "L", "I", "I;16", "I;16B", "I;16L", "F")
_BITS_A_SAMPLE, _PHOTOMETRIC = 258, 262  # TIFF tags; photometric 0: 0 is white
_PALETTE_ALONE = ("GIF", "BMP")  # which have no grey of 8 bits but by a palette


def read_picture(path: Path, *, indices: bool = False) -> np.ndarray:
    """Pixels (C, H, W): C = 1 for grey, 3 for colour; as stored (64 bits too), black-and-white bool.

    A palette is looked up, or left as its indices with `indices` (label maps), unless its shades of grey fall as the
    indices rise: such a mask is seen, and was drawn, the other way round (46 % of HAM10000's lesion masks); greys of a
    gif or bmp are looked up as well. A TIFF in which 0 is white is turned round to be as it is shown, with `indices`
    one of 8 bits is not: such masks of ImageJ's hold 255 for the object, and labels are 0, 1, 2. An alpha
    channel is dropped where it is the same everywhere. The resolution in dpi is not read: a picture has no mm. Raises
    DataError: empty, truncated or damaged file, a content that is not the suffix's, more than MAX_PIXELS, several
    pages, transparency that varies, colour spaces other than grey and RGB, and an orientation tag that asks viewers to
    turn the picture: some programs obey it and some do not, so a mask may lie turned on its image.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty (0 bytes); copy it again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow warns of is either refused below or an error when decoded
        try:
            if path.suffix.lower() in PNG_SUFFIXES:  # whose checksums are not looked at when it is decoded
                with Image.open(path, formats=["PNG"]) as image:
                    image.verify()
            with Image.open(path, formats=[FORMATS[path.suffix.lower()]]) as image:
                deep = _is_deep_colour(image)  # known until it is decoded
                _check_picture(path, image)
                image.load()
                if deep:
                    return _read_deep_colour(path, image.size)
                return _pixels(path, image, indices)
        except Image.DecompressionBombError as error:
            raise DataError(f"{path}: {error}; cut it into smaller pictures") from error
        except UnidentifiedImageError as error:
            if path.suffix.lower() in TIFF_SUFFIXES and content_of(path) == "a TIFF":
                return read_grey_tiff(path, MAX_PIXELS)[None]
            kind = FORMATS[path.suffix.lower()]
            raise DataError(f"{path}: not a readable {kind} picture{by_content(path)}") from error
        except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError) as error:
            kind = FORMATS[path.suffix.lower()]
            raise DataError(f"{path}: not a readable {kind} picture ({error}); copy it again") from error


def _check_picture(path: Path, image: Any) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{path}: {width} x {height} pixels, more than the cap of {MAX_PIXELS:,}; cut it into parts")
    pages = getattr(image, "n_frames", 1)
    if pages != 1:
        raise DataError(
            f"{path}: {pages} pages; save them as a file each, or as one volume (.nii.gz, .mha, .nrrd) with its spacing"
        )
    turned = image.getexif().get(_ORIENTATION, 1)
    if turned not in (0, 1):
        raise DataError(
            f"{path}: its EXIF orientation ({turned}) asks viewers to turn it, which not every program does; save it "
            "upright without the tag, and make sure that its mask lies the same way"
        )


def _is_deep_colour(image: Any) -> bool:
    """Whether a colour picture has 16 bits a channel, of which Pillow keeps 8."""
    if image.mode not in ("RGB", "RGBA", "LA"):
        return False
    bits = max(image.tag_v2.get(_BITS_A_SAMPLE, (8,))) if hasattr(image, "tag_v2") else 8
    return bits > 8 or any(";16" in str(tile) for tile in image.tile)


def _read_deep_colour(path: Path, size: tuple[int, int]) -> np.ndarray:
    import SimpleITK as sitk

    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise DataError(f"{path}: cannot be read: {str(error).strip().splitlines()[-1]}") from error
    array = sitk.GetArrayFromImage(image)
    if array.shape[:2] != size[::-1] or array.ndim != 3:
        raise DataError(f"{path}: read as shape {array.shape}, its header says {size[::-1]}; save it with 8 bits")
    return _without_alpha(path, array)


def _pixels(path: Path, image: Any, indices: bool) -> np.ndarray:
    if image.mode == "P" and indices and _greys_are_looked_up(image):
        image = image.convert("L")
    elif image.mode == "P" and not indices:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode in _GREY or image.mode == "P":
        array = np.array(image)
        if indices and image.mode == "L" and getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0:
            array = 255 - array  # turned round by Pillow
        return array.astype(array.dtype.newbyteorder("="))[None]
    if image.mode not in ("RGB", "RGBA", "LA"):
        raise DataError(f"{path}: colour space {image.mode}; grey and RGB are read, so convert it to one of them")
    return _without_alpha(path, np.array(image))


def _greys_are_looked_up(image: Any) -> bool:
    """Whether a palette picture uses greys alone and, but in a gif or bmp, anywhere a darker one for a higher index."""
    colours = np.asarray(image.getpalette("RGB"), int).reshape(-1, 3)
    used = [index for _, index in image.getcolors(256) if index < len(colours)]
    shades = colours[sorted(used)]
    grey = bool((shades == shades[:, :1]).all())
    return grey and (image.format in _PALETTE_ALONE or bool((np.diff(shades[:, 0]) < 0).any()))


def _without_alpha(path: Path, array: np.ndarray) -> np.ndarray:
    """(H, W, 1 to 4) -> (C, H, W) with C = 1 or 3; an alpha channel must be the same everywhere."""
    channels = np.moveaxis(array, -1, 0)
    if len(channels) in (2, 4):
        if channels[-1].min() != channels[-1].max():
            raise DataError(f"{path}: its transparency varies; save it without an alpha channel")
        channels = channels[:-1]
    return np.ascontiguousarray(channels)
