"""Volumes as 2-D training slices: cropped, normalised, resized once, then memory-mapped."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from l2b_run.atomic import atomic_file
from l2b_run.cache import cache_dir
from l2b_run.errors import DataError
from l2b_seg.dataset import CLEAN_LABELS, Dataset
from l2b_seg.volume import read_volume

Kind = Literal["image", "mask"]

_FORMAT = 2  # raise when the meaning of a cached array changes


@dataclass(frozen=True)
class SliceOptions:
    """How a volume becomes slices.

    size: side of a slice in pixels. crop: central share of the in-plane field of view that is kept, in (0, 1].
    intensity: "minmax" scales each slice to [0, 1] in 256 steps (released code); "zscore" clips each slice to its 1st
    and 99th percentile, then mean 0 and standard deviation 1: with an endorectal coil a few pixels beside the
    coil are 20 times brighter than the gland, and min-max leaves the gland in 5 % of the range.
    mask_threshold: a resized mask pixel is foreground where it is covered at all ("any", released code: the mask
    grows by up to a pixel) or at least by half ("half").
    """

    size: int = 144
    crop: float = 1.0
    intensity: Literal["minmax", "zscore"] = "minmax"
    mask_threshold: Literal["any", "half"] = "any"


@dataclass(frozen=True)
class SliceSet:
    """Slices of some cases, in order. image (N, 1, S, S) and mask (N, 1, S, S) float32; `where`: (case, index)."""

    image: Tensor
    mask: Tensor
    where: tuple[tuple[str, int], ...]

    def __len__(self) -> int:
        return len(self.where)


def load_slices(
    dataset: Dataset, cases: Sequence[str], options: SliceOptions, *, labels: str | Path = CLEAN_LABELS
) -> SliceSet:
    """All axial slices of `cases`, background slices included, with the masks of folder `labels`.

    Raises DataError, naming every faulty case at once: absent, truncated, not finite, or unequal shapes.
    """
    images: list[torch.Tensor] = []
    masks: list[torch.Tensor] = []
    where: list[tuple[str, int]] = []
    faults: list[str] = []
    for case in cases:
        try:
            image, image_shape = native_slices(dataset.image_path(case), "image", options)
            mask, mask_shape = native_slices(dataset.label_path(case, labels), "mask", options)
            require_same_shape(case, image_shape, mask_shape, labels)
        except DataError as error:
            faults.append(str(error))
            continue
        images.append(torch.from_numpy(np.array(image, dtype=np.float32)))
        masks.append(torch.from_numpy(np.array(mask, dtype=np.float32)))
        where.extend((case, index) for index in range(len(image)))
    if faults:
        raise DataError(f"{len(faults)} of {len(cases)} cases cannot be used:\n  " + "\n  ".join(faults))
    if not where:
        raise DataError(f"{dataset.root}: no case to read slices from")
    return SliceSet(torch.cat(images)[:, None], torch.cat(masks)[:, None], tuple(where))


def image_slices(path: Path, options: SliceOptions) -> np.ndarray:
    """Slices (D, S, S) float16 of an image file, from the cache where its content is known."""
    return native_slices(path, "image", options)[0]


def mask_slices(path: Path, options: SliceOptions) -> np.ndarray:
    """Slices (D, S, S) uint8 in {0, 1} of a mask file; every label above 0 is foreground."""
    return native_slices(path, "mask", options)[0]


def native_slices(path: Path, kind: Kind, options: SliceOptions) -> tuple[np.ndarray, tuple[int, int, int]]:
    """The slices of a file as `image_slices` or `mask_slices` give them, and the shape (D, H, W) of its volume.

    They are kept as a memory-mapped .npy under a name derived from the file's content; a damaged one is made anew.
    Raises DataError for a file that is absent, unreadable or not finite.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    recipe = json.dumps([_FORMAT, kind, asdict(options)], sort_keys=True).encode()
    folder = cache_dir() / "slices" / hashlib.sha256(recipe + path.read_bytes()).hexdigest()
    for stored in folder.glob("[0-9]*x*.npy"):  # not the hidden file another run is still writing
        height, width = map(int, stored.stem.split("x"))
        try:
            array = np.load(stored, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            continue
        return array, (len(array), height, width)
    volume = _read(path)
    array = prepare_image(volume, options).astype(np.float16) if kind == "image" else _prepare_mask(volume, options)
    content = io.BytesIO()  # numpy's own write to a file reports a full disk without saying so
    np.save(content, array, allow_pickle=False)
    stored = folder / f"{volume.shape[1]}x{volume.shape[2]}.npy"
    with atomic_file(stored) as temporary:
        temporary.write_bytes(content.getbuffer())
    return np.load(stored, mmap_mode="r", allow_pickle=False), (len(array), *volume.shape[1:])


def require_same_shape(case: str, image: tuple[int, ...], mask: tuple[int, ...], labels: str | Path) -> None:
    """Raise DataError where the volumes' shapes (D, H, W) differ: resized to one size, nothing else would show it."""
    if image != mask:
        shown = ["x".join(map(str, shape)) for shape in (image, mask)]
        raise DataError(f"{case}: image has shape {shown[0]}, its mask in {labels} {shown[1]}")


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
    return _resize(_crop(slices, options.crop), options.size)


def to_native(maps: np.ndarray, shape: tuple[int, int], options: SliceOptions) -> np.ndarray:
    """(D, S, S) maps -> (D, H, W) float32 on the native grid, bilinear; 0 outside the crop. Inverse of the slicing."""
    native = np.zeros((len(maps), *shape), np.float32)
    window = _window(shape, options.crop)
    size = (window[0].stop - window[0].start, window[1].stop - window[1].start)
    inside = functional.interpolate(torch.from_numpy(maps)[:, None].float(), size, mode="bilinear", antialias=True)
    native[:, window[0], window[1]] = inside[:, 0].numpy()
    return native


def _prepare_mask(array: np.ndarray, options: SliceOptions) -> np.ndarray:
    covered = _resize(_crop((array > 0).astype(np.float32), options.crop), options.size)
    return (covered > (0.5 if options.mask_threshold == "half" else 1e-6)).astype(np.uint8)


def _window(shape: tuple[int, int], crop: float) -> tuple[slice, slice]:
    margins = [min(round(side * (1 - crop) / 2), (side - 1) // 2) for side in shape]
    return slice(margins[0], shape[0] - margins[0]), slice(margins[1], shape[1] - margins[1])


def _crop(slices: np.ndarray, crop: float) -> np.ndarray:
    rows, columns = _window((slices.shape[1], slices.shape[2]), crop)
    return slices[:, rows, columns]


def _resize(slices: np.ndarray, size: int) -> np.ndarray:
    tensor = torch.from_numpy(np.ascontiguousarray(slices))[:, None]
    resized: np.ndarray = functional.interpolate(tensor, (size, size), mode="bilinear", antialias=True)[:, 0].numpy()
    return resized


def _read(path: Path) -> np.ndarray:
    array = read_volume(path).array
    if not np.isfinite(array).all():
        raise DataError(f"{path}: holds values that are NaN or infinite")
    return array
