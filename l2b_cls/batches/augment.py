"""Random image augmentation: draw parameters once, apply them as often as wanted, a whole batch at a time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_TRIES = 10  # boxes drawn before a resized crop falls back to the whole image


@dataclass(frozen=True)
class Augmentation:
    """One drawn augmentation an image, each array with n entries on its first axis.

    offset: (n, 2) int64, first row and column of the crop in the padded image; padding in pixels on every side.
    flipped: bool, mirrored left-right. angle_deg: counter-clockwise. box: (n, 4) float64, top, left, height, width of
    a resized crop as shares of the image; None without one.
    """

    offset: np.ndarray
    padding: int
    padding_mode: Literal["zeros", "reflect"]
    flipped: np.ndarray
    angle_deg: np.ndarray
    box: np.ndarray | None


def draw_augmentation(
    rng: np.random.Generator,
    n: int,
    *,
    size: tuple[int, int],
    output: tuple[int, int],
    crop_padding: int,
    padding_mode: Literal["zeros", "reflect"],
    flip: float,
    rotation_deg: float,
    resized_crop: float,
) -> Augmentation:
    """Draw for n images of `size` (H, W): all independent and uniform in their ranges.

    A crop of `output` pixels anywhere in the image with `crop_padding` more on every side; mirroring with probability
    `flip`; an angle in +-rotation_deg; a box of `resized_crop` to all of the area and an aspect from 3/4 to 4/3 (as
    torchvision's RandomResizedCrop: of ten tries the first that fits, else the whole image), 1: none.
    """
    room = [side + 2 * crop_padding - out + 1 for side, out in zip(size, output, strict=True)]
    offset = np.stack([rng.integers(0, max(1, most), n) for most in room], axis=1)
    flipped = rng.random(n) < flip
    angle = rng.uniform(-rotation_deg, rotation_deg, n)
    box = _draw_boxes(rng, n, size, resized_crop) if resized_crop < 1 else None
    return Augmentation(offset, crop_padding, padding_mode, flipped, angle, box)


def _draw_boxes(rng: np.random.Generator, n: int, size: tuple[int, int], smallest: float) -> np.ndarray:
    area = rng.uniform(smallest, 1, (n, _TRIES))
    aspect = np.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3), (n, _TRIES)))  # width by height, in pixels
    aspect *= size[0] / size[1]  # and in shares of the image
    height, width = np.sqrt(area / aspect), np.sqrt(area * aspect)
    fits = (height <= 1) & (width <= 1)
    rows, first = np.arange(n), fits.argmax(axis=1)
    found = fits.any(axis=1)
    height = np.where(found, height[rows, first], 1.0)
    width = np.where(found, width[rows, first], 1.0)
    top, left = rng.random(n) * (1 - height), rng.random(n) * (1 - width)
    return np.stack([top, left, height, width], axis=1)


def apply_augmentation(drawn: Augmentation, images: Tensor, output: tuple[int, int]) -> Tensor:
    """Images (n, C, H, W) uint8 or float -> (n, C, *output) float32 in the same range of values.

    Crop and mirroring move pixels; with a rotation or a resized crop, all of it is one bilinear sampling, outside the
    image 0 (black), or its reflection. n = 0 gives an empty batch.
    """
    if drawn.box is None and not drawn.angle_deg.any():
        return _cropped(drawn, images, output).float()
    return _sampled(drawn, images.float(), output)


def _cropped(drawn: Augmentation, images: Tensor, output: tuple[int, int]) -> Tensor:
    p = drawn.padding
    if p and drawn.padding_mode == "reflect":
        images = functional.pad(images.float(), (p, p, p, p), mode="reflect")
    elif p:
        images = functional.pad(images, (p, p, p, p))
    device = images.device
    rows, columns = (torch.from_numpy(drawn.offset[:, axis])[:, None] + torch.arange(output[axis]) for axis in (0, 1))
    columns = torch.where(torch.from_numpy(drawn.flipped)[:, None], columns.flip(1), columns)
    number = torch.arange(len(images), device=device)[:, None, None]
    found = images.permute(0, 2, 3, 1)[number, rows.to(device)[:, :, None], columns.to(device)[:, None, :]]
    return found.permute(0, 3, 1, 2)


def _sampled(drawn: Augmentation, images: Tensor, output: tuple[int, int]) -> Tensor:
    n, _, height, width = images.shape
    rows = (np.arange(output[0]) + 0.5)[None, :, None] / output[0]
    columns = (np.arange(output[1]) + 0.5)[None, None, :] / output[1]
    columns = np.where(drawn.flipped[:, None, None], 1 - columns, columns)
    if drawn.box is not None:
        top, left, tall, wide = (drawn.box[:, side, None, None] for side in range(4))
        y, x = (top + rows * tall) * height, (left + columns * wide) * width
    else:
        first = drawn.offset[:, :, None, None] - drawn.padding
        y, x = first[:, 0] + rows * output[0], first[:, 1] + columns * output[1]
    y, x = np.broadcast_arrays(y - height / 2, x - width / 2)  # pixels from the centre
    turn = np.deg2rad(drawn.angle_deg)[:, None, None]
    from_x, from_y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    grid = np.stack([2 * from_x / width, 2 * from_y / height], axis=-1).reshape(n, *output, 2)
    mode = "reflection" if drawn.padding_mode == "reflect" else "zeros"
    sampling = torch.from_numpy(grid.astype(np.float32)).to(images.device)
    return functional.grid_sample(images, sampling, padding_mode=mode, align_corners=False)


def resized(images: Tensor, output: tuple[int, int]) -> Tensor:
    """Images (n, C, H, W) as (n, C, *output) float32, bilinear, antialiased; unchanged where that is their size."""
    if tuple(images.shape[2:]) == output:
        return images.float()
    return functional.interpolate(images.float(), output, mode="bilinear", antialias=True)


def centre_cropped(images: Tensor, output: tuple[int, int]) -> Tensor:
    """The middle `output` of images (n, C, H, W), which are at least as large, float32."""
    top, left = ((side - out) // 2 for side, out in zip(images.shape[2:], output, strict=True))
    return images[:, :, top : top + output[0], left : left + output[1]].float()


def normalised(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Images (n, C, H, W) float32 in [0, 255] -> (x / 255 - mean) / std a channel, mean and std (C,)."""
    scale = torch.tensor(std, device=images.device) * 255
    shift = torch.tensor(mean, device=images.device) * 255
    return (images - shift[:, None, None]) / scale[:, None, None]
