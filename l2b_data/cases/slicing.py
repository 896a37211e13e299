"""From a volume's array to slices of one size and back: crop, normalise, resize."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch.nn import functional

_COVERED = 1e-6


@dataclass(frozen=True)
class SliceOptions:
    """How a volume becomes slices.

    size: side of a slice in pixels, of a slice that is not square too. crop: share of rows and of columns that is kept,
    in (0, 1]. centre: where the middle of the kept part lies, rows and columns as shares of theirs, moved as far as the
    kept part stays inside. intensity: "minmax" scales each slice to [0, 1] in 256 steps (released code); "zscore"
    clips each slice to its 1st and 99th percentile, then mean 0 and standard deviation 1: with an endorectal coil a few
    pixels beside the coil are 20 times brighter than the gland, and min-max leaves the gland in 5 % of the range.
    mask_threshold: a resized mask pixel is foreground where it is covered at all ("any", released code: the mask
    grows by up to a pixel) or by more than half ("half"). Of several classes it takes the one that covers most, with
    "half" the background among them. plane: lines along which columns, rows and slices run, "LPS" for axial ones,
    whichever a file stores first (see `cut_of`); None: as each file stores them.
    """

    size: int = 144
    crop: float = 1.0
    centre: Sequence[float] = (0.5, 0.5)
    intensity: Literal["minmax", "zscore"] = "minmax"
    mask_threshold: Literal["any", "half"] = "any"
    plane: str | None = None


def prepare_image(array: np.ndarray, options: SliceOptions) -> np.ndarray:
    """(D, H, W) intensities -> (D, S, S) float32, normalised a slice as `options` says. Constant slices become 0."""
    slices = array.astype(np.float32)
    if options.intensity == "minmax":
        low, high = slices.min((1, 2), keepdims=True), slices.max((1, 2), keepdims=True)
        slices = np.round((slices - low) / np.where(high > low, high - low, 1) * 255) / 255
    else:
        low, high = np.percentile(slices, [1, 99], axis=(1, 2))[..., None, None].astype(np.float32)
        slices = np.clip(slices, low, high)
        mean, spread = slices.mean((1, 2), keepdims=True), slices.std((1, 2), keepdims=True)
        varied = (high > low) & (spread > 0)  # the rounded mean of a constant slice leaves it a spread of its own
        slices = np.where(varied, (slices - mean) / np.where(varied, spread, 1), 0)
    return _resize(_crop(slices, options), options.size)


def prepare_mask(labels: np.ndarray, options: SliceOptions, classes: int = 1) -> np.ndarray:
    """(D, H, W) label values 0 to `classes` -> (D, S, S) uint8 label values; one class: all above 0 is foreground."""
    kept = _crop(labels, options)
    if classes == 1:
        covered = _resize((kept > 0).astype(np.float32), options.size)
        return (covered > (0.5 if options.mask_threshold == "half" else _COVERED)).astype(np.uint8)
    shares = np.stack([_resize((kept == value).astype(np.float32), options.size) for value in range(classes + 1)])
    if options.mask_threshold == "any":
        shares[0] = _COVERED
    return shares.argmax(0).astype(np.uint8)


def to_native(maps: np.ndarray, shape: tuple[int, int], options: SliceOptions, *, outside: float = 0.0) -> np.ndarray:
    """(D, S, S) maps -> (D, H, W) float32 on the native grid, bilinear; `outside` the crop. Inverse of the slicing."""
    native = np.full((len(maps), *shape), outside, np.float32)
    window = _window(shape, options)
    size = (window[0].stop - window[0].start, window[1].stop - window[1].start)
    inside = functional.interpolate(torch.from_numpy(maps)[:, None].float(), size, mode="bilinear", antialias=True)
    native[:, window[0], window[1]] = inside[:, 0].numpy()
    return native


def _window(shape: tuple[int, int], options: SliceOptions) -> tuple[slice, slice]:
    rows, columns = (_kept(side, options.crop, centre) for side, centre in zip(shape, options.centre, strict=True))
    return rows, columns


def _kept(side: int, crop: float, centre: float) -> slice:
    margin = min(round(side * (1 - crop) / 2), (side - 1) // 2)
    shift = min(max(round((centre - 0.5) * side), -margin), margin)
    return slice(margin + shift, side - margin + shift)


def _crop(slices: np.ndarray, options: SliceOptions) -> np.ndarray:
    rows, columns = _window((slices.shape[1], slices.shape[2]), options)
    return slices[:, rows, columns]


def _resize(slices: np.ndarray, size: int) -> np.ndarray:
    tensor = torch.from_numpy(np.ascontiguousarray(slices))[:, None]
    return functional.interpolate(tensor, (size, size), mode="bilinear", antialias=True)[:, 0].numpy()
