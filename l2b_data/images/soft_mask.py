"""Two-valued masks with soft edges: resized with interpolation or compressed, so that greys lie along their borders."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

import numpy as np
from scipy.ndimage import maximum_filter

_LEAST_RANGE = 16  # 0 ... 15 may be labels; a mask that was smoothed runs to 100 or 255
_FAR = 0.1  # of the range: greys nearer to an extreme are what a compression adds to it
_REACH, _NOISE_REACH = 5, 8  # pixels from both extremes; the noise of a jpg fills blocks of 8 x 8
_SOFT, _MAYBE = 3, 8  # greys from which on they can be no labels, or must be asked about
_ON_EDGE, _PARTLY = 0.8, 0.5


@dataclass(frozen=True)
class MaskValues:
    """What a mask holds. values: ascending. greys: those between its two extremes that may be soft edges.

    on_edge: of the pixels with such a grey, the share along a border between the extremes and in no area of one grey; 1
    where there is no such pixel.
    """

    values: np.ndarray
    greys: np.ndarray
    on_edge: float

    @property
    def is_soft(self) -> bool:
        """Whether this mask alone is of two values with soft edges."""
        return len(self.greys) >= _SOFT and self.on_edge >= _ON_EDGE

    @property
    def may_be_soft(self) -> bool:
        """Whether, among other such masks, it may be one."""
        return len(self.greys) > 0 and self.on_edge >= _PARTLY

    @property
    def half(self) -> float:
        """The middle between the extremes."""
        return (int(self.values[0]) + int(self.values[-1])) / 2


def mask_values(array: np.ndarray) -> MaskValues:
    """The values of a label map (D, H, W) of integers, not empty, and where those between its extremes lie.

    Measured on 60 lesion masks: resized to 32 to 512 pixels, enlarged up to eight times, jpg of quality 10 to 95 or
    blurred by up to 2 pixels, 84 % or more of the greys are on an edge; of instance numbers 10 %, of classes nested in
    rings 2 pixels wide up to 54 %.
    """
    values, counts = np.unique(array, return_counts=True)
    low, high = int(values[0]), int(values[-1])
    darkest, brightest = low + (high - low) * _FAR, high - (high - low) * _FAR
    is_dark, is_bright = values <= darkest, values >= brightest
    noisy = np.count_nonzero(is_dark) > 1 and np.count_nonzero(is_bright) > 1
    flat = [np.argmax(counts * part) for part in (is_dark, is_bright)]  # a jpg's black may be 1, its white 254
    greys = np.delete(values, flat) if noisy else values[~(is_dark | is_bright)]
    if high - low < _LEAST_RANGE or not len(greys):
        return MaskValues(values, values[:0], 1.0)
    dark, bright = array <= darkest, array >= brightest
    if (dark | bright).mean() < _PARTLY:  # a picture
        return MaskValues(values, greys, 0.0)
    window = (1, *[2 * (_NOISE_REACH if noisy else _REACH) + 1] * 2)
    edge = maximum_filter(dark.view(np.uint8), window) & maximum_filter(bright.view(np.uint8), window)
    inside = np.zeros_like(dark)  # as of a class: an edge changes across, the noise of a jpg everywhere
    corner = array[:, :-1, :-1]
    inside[:, :-1, :-1] = (corner == array[:, 1:, :-1]) & (corner == array[:, :-1, 1:])
    return MaskValues(values, greys, float((edge.view(bool) & ~inside)[np.isin(array, greys)].mean()))


def softness(masks: Iterable[MaskValues]) -> Literal["labels", "soft", "unclear"]:
    """Whether masks that belong together hold labels or two values with soft edges; "unclear": it may be either."""
    grey = [mask for mask in masks if len(mask.greys)]
    count = len(set().union(*(mask.greys.tolist() for mask in grey)))
    shares = [mask.on_edge for mask in grey]
    if count >= _SOFT and fmean(shares) >= _ON_EDGE and min(shares) >= _PARTLY:
        return "soft"
    return "unclear" if count >= _MAYBE and fmean(shares) >= _PARTLY else "labels"


def soft_text(count: int, total: int, what: str = "masks") -> str:
    """That masks were cut, in words for the user."""
    return (
        f"{count} of {total} {what} have soft edges (greys between two values, as resizing or a jpg leaves them): what "
        "lies above half counts as the brighter value"
    )


def two_values(array: np.ndarray, half: float, low: int, high: int) -> np.ndarray:
    """`high` where the array is above `half`, else `low`; shape and dtype stay."""
    return np.where(array > half, high, low).astype(array.dtype)


def uncompressed(array: np.ndarray) -> np.ndarray | None:
    """A black-and-white mask (1, H, W) uint8 read from a jpg, 0 and 255 again; None where it was anything else."""
    found = mask_values(array)
    dark, bright = 255 * _FAR, 255 * (1 - _FAR)
    low, high = int(found.values[0]), int(found.values[-1])
    flat = low == high and not dark < low < bright
    if not flat and (low > dark or high < bright or found.on_edge < _ON_EDGE):
        return None
    return two_values(array, 127.5, 0, 255)
