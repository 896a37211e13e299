"""Plain descriptions of pictures, without any network: a thumbnail, and statistics of grey levels and edges."""

import hashlib
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch.nn.functional import interpolate

from l2b_data.samples.image_set import ImageSet

_BLOCK = 256
_SIDE = 16
_QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_RINGS = (0.02, 0.06, 0.12, 0.2, 0.3, 0.45, 0.8)  # edges in cycles a pixel


@dataclass(frozen=True)
class Described:
    """same: (n,) int64, a number that pictures of equal pixels have in common. thumbnails: (n, T) float32, grey, 0 to
    255, at most 16 x 16. statistics: (n, S) float32: quantiles and spread of the grey levels, sizes of the steps
    between neighbours at three scales, shares of the power spectrum, and mean and spread of the colours. borders: (n,),
    how sharp straight edges are that run through the whole picture (`_borders`)."""

    same: np.ndarray = field(repr=False)
    thumbnails: np.ndarray = field(repr=False)
    statistics: np.ndarray = field(repr=False)
    borders: np.ndarray = field(repr=False)

    def part(self, places: np.ndarray) -> "Described":
        """The pictures at these places (m,), in that order."""
        return Described(*(values[places] for values in (self.same, self.thumbnails, self.statistics, self.borders)))


def describe(images: ImageSet, index: np.ndarray) -> Described:
    """Describe the pictures `index` (n,), n at least 1; each is read once. Raises DataError where one cannot be."""
    numbers: dict[bytes, int] = {}
    same, thumbnails, statistics, borders = list[int](), list[np.ndarray](), list[np.ndarray](), list[np.ndarray]()
    for start in range(0, len(index), _BLOCK):
        pictures = images.images(index[start : start + _BLOCK])
        digests = (hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in pictures)
        same += [numbers.setdefault(digest, len(numbers)) for digest in digests]
        grey = pictures.mean(-1, dtype=np.float32)
        thumbnails.append(_smaller(grey, [min(_SIDE, side) for side in grey.shape[1:]]).reshape(len(grey), -1))
        statistics.append(_statistics(grey / 255, pictures))
        borders.append(_borders(grey / 255))
    return Described(np.array(same, np.int64), *map(np.concatenate, (thumbnails, statistics, borders)))


def _smaller(grey: np.ndarray, size: list[int]) -> np.ndarray:
    """Grey pictures (n, H, W) as means over areas."""
    found: np.ndarray = interpolate(torch.from_numpy(grey)[:, None], size=size, mode="area")[:, 0].numpy()
    return found


def _statistics(grey: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    count = len(grey)
    flat = grey.reshape(count, -1)
    found = [np.quantile(flat, _QUANTILES, axis=1).T, np.log(flat.std(1, keepdims=True) + 0.01)]
    for scale in (1, 2, 4):
        if min(grey.shape[1:]) // scale >= 2:
            scaled = _smaller(grey, [side // scale for side in grey.shape[1:]])
            for axis in (1, 2):
                steps = np.abs(np.diff(scaled, axis=axis)).reshape(count, -1)
                sizes = [steps.mean(1), np.sqrt((steps**2).mean(1)), *np.quantile(steps, (0.5, 0.9), axis=1)]
                found.append(np.log(np.stack(sizes, 1) + 0.005))
    found.append(_spectrum(grey))
    if pictures.shape[-1] > 1:
        colours = pictures.reshape(count, -1, pictures.shape[-1]).astype(np.float32) / 255
        found += [colours.mean(1), colours.std(1), np.ptp(colours, axis=2).mean(1, keepdims=True)]
    return np.concatenate(found, 1).astype(np.float32)


def _spectrum(grey: np.ndarray) -> np.ndarray:
    """log of the share of the power in rings of frequency, (n, 6)."""
    power = np.abs(np.fft.fft2(grey - grey.mean((1, 2), keepdims=True))) ** 2
    radius = np.hypot(np.fft.fftfreq(grey.shape[1])[:, None], np.fft.fftfreq(grey.shape[2]))
    whole = power.sum((1, 2)) + 1e-6
    rings = pairwise(_RINGS)
    shares = [power[:, (radius >= low) & (radius < high)].sum(1) / whole for low, high in rings]
    return np.log(np.stack(shares, 1) + 1e-4)


def _borders(grey: np.ndarray) -> np.ndarray:
    """(n,): how much the third sharpest border between two columns, and two rows, stands out, the lesser of the two.

    A border's step, the mean over the whole side, is divided by those of the borders beside it: a straight edge through
    the whole picture, as where it was put together of parts, is large here; logarithms.
    """
    found = []
    for axis in (2, 1):
        steps = np.abs(np.diff(grey, axis=axis)).mean(3 - axis) + 0.002
        beside = np.pad(steps, ((0, 0), (1, 1)), mode="edge")
        sharp = np.sort(np.log(2 * steps / (beside[:, :-2] + beside[:, 2:])), axis=1)
        found.append(sharp[:, max(-3, -sharp.shape[1])])
    return np.minimum(*found)
