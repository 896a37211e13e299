"""What TIFF files say beside their pixels, and those of them that Pillow does not read."""

import logging
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from l2b_data.errors import DataError
from l2b_data.images.units import MM, unit_of

_PHOTOMETRIC, _DESCRIPTION, _X, _Y, _UNIT = 262, 270, 282, 283, 296  # tags
_WHITE_IS_ZERO, _CENTIMETRE = 0, 3
_DPI = np.array([72, 96, 100, 150, 200, 300, 600])  # what programs write that measured nothing
_CALIBRATED = re.compile(r"ImageJ=.*^unit=(\S+)", re.DOTALL | re.MULTILINE)
_OME = '{}="([^"]+)"'


@dataclass(frozen=True)
class TiffFacts:
    """white_is_zero: the values are stored inverted, or are meant to be shown so. spacing_mm: (y, x) of a pixel, None
    where nobody measured it; unit: the file's own, a key of `units.MM`."""

    white_is_zero: bool = False
    spacing_mm: tuple[float, float] | None = None
    unit: str = "mm"


def tiff_facts(path: Path) -> TiffFacts:
    """The facts of a TIFF by its tags; the default ones of a file that Pillow does not open.

    A spacing is taken from ImageJ's or OME's calibration, else from a resolution in pixels a centimetre. One in dots
    an inch is a printer's, as is one a centimetre that equals a usual number of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path, formats=["TIFF"]) as image:
                tags: Any = image.tag_v2  # type: ignore[attr-defined]
                spacing, unit = _spacing(tags)
                return TiffFacts(tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO, spacing, unit)
        except (OSError, SyntaxError, ValueError, TypeError, KeyError, EOFError, OverflowError):
            return TiffFacts()


def _spacing(tags: Any) -> tuple[tuple[float, float] | None, str]:
    described = str(tags.get(_DESCRIPTION, ""))
    lengths = [
        _number(match[1]) for side in "YX" if (match := re.search(_OME.format(f"PhysicalSize{side}"), described))
    ]
    if len(lengths) == 2:
        named = re.search(_OME.format("PhysicalSizeXUnit"), described)
        unit = unit_of([named[1].replace("Âµ", "µ") if named else "µm"]) or "mm"
        return _positive([length * MM[unit] for length in lengths]), unit
    per_unit = [_number(tags.get(tag, 0)) for tag in (_Y, _X)]
    if min(per_unit) <= 0:
        return None, "mm"
    if calibrated := _CALIBRATED.search(described):
        name = calibrated[1].replace("\\u00B5", "µ")
        unit = unit_of([name]) or "mm"
        known = unit != "mm" or name.lower() == "mm"
        return (_positive([MM[unit] / number for number in per_unit]) if known else None), unit
    printed = np.isclose(per_unit[0] * 2.54, _DPI, rtol=0.005).any()
    if tags.get(_UNIT) != _CENTIMETRE or printed:
        return None, "mm"
    return _positive([10 / number for number in per_unit]), "mm"


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _positive(lengths: list[float]) -> tuple[float, float] | None:
    height, width = lengths
    return (height, width) if np.isfinite(lengths).all() and min(lengths) > 0 else None


def read_grey_tiff(path: Path, max_pixels: int) -> np.ndarray:
    """Pixels (H, W) as stored of a grey TIFF of a type that Pillow lacks: 64 bits, 16-bit floats, signed ones.

    Raises DataError: damaged, several pages, colour, more than `max_pixels`, or compressed as no reader here knows.
    """
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it logs is raised below
    try:
        with tifffile.TiffFile(path) as tiff:
            pages, page = len(tiff.pages), tiff.pages.first
            if pages != 1 or len(page.shape) != 2 or np.prod(page.shape) > max_pixels:
                shape = "x".join(map(str, page.shape))
                raise DataError(f"{path}: {pages} pages of {shape}; one grey page of at most {max_pixels:,} is read")
            return np.asarray(page.asarray())
    except DataError:
        raise
    except Exception as error:  # of whatever kind its decoders raise
        raise DataError(f"{path}: not a readable TIFF picture ({error}); save it with 8, 16 or 32 bits") from error
