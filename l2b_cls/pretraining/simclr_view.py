"""SimCLR's views (Chen et al., ICML 2020): a resized crop, mirroring, other colours; a whole batch at a time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from l2b_cls.batches.augment import apply_augmentation, draw_augmentation
from l2b_cls.pretraining.settings import ViewSettings

_RANGES = ((0.6, 1.4), (0.6, 1.4), (0.6, 1.4), (-0.1, 0.1))  # brightness, contrast, saturation; hue
_JITTERED, _GREYED = 0.8, 0.2  # shares of the images
_TINY = 1e-12


@dataclass(frozen=True)
class ColourJitter:
    """One drawn change of colour an image, each array with n entries on its first axis.

    jittered: bool, whether anything but greying happens. order: (n, 4) int64, a permutation: which of brightness (0),
    contrast (1), saturation (2) and hue (3) comes first, second, ... amount: (n, 4) float32, of each of these in that
    numbering: three factors, and a turn of the colour circle as a share of it. greyed: bool, colour is taken away last.
    """

    jittered: np.ndarray
    order: np.ndarray
    amount: np.ndarray
    greyed: np.ndarray


def draw_jitter(rng: np.random.Generator, n: int) -> ColourJitter:
    """Draw for n images, all independent: ColorJitter(0.4, 0.4, 0.4, 0.1) with probability 0.8, grey with 0.2."""
    order = rng.permuted(np.tile(np.arange(4), (n, 1)), axis=1)
    low, high = np.array(_RANGES).T
    amount = rng.uniform(low, high, (n, 4)).astype(np.float32)
    return ColourJitter(rng.random(n) < _JITTERED, order, amount, rng.random(n) < _GREYED)


def apply_jitter(drawn: ColourJitter, images: Tensor) -> Tensor:
    """Images (n, C, H, W) float32 in [0, 255], C 1 or 3 -> the same, changed as drawn; n = 0 gives an empty batch.

    As torchvision's adjust_brightness, adjust_contrast, adjust_saturation and adjust_hue change one image; these take a
    single factor a call. A grey image has no saturation, hue or greying.
    """
    images, colour = images / 255, images.shape[1] == 3
    for place in range(4):
        for number, change in enumerate(_CHANGES if colour else _CHANGES[:2]):
            rows = np.flatnonzero(drawn.jittered & (drawn.order[:, place] == number))
            at, by = (torch.from_numpy(one).to(images.device) for one in (rows, drawn.amount[rows, number]))
            images[at] = change(images[at], by[:, None, None, None])
    if colour:
        at = torch.from_numpy(np.flatnonzero(drawn.greyed)).to(images.device)
        images[at] = functional.rgb_to_grayscale(images[at], num_output_channels=3)
    return images * 255


def simclr_view(images: Tensor, rng: np.random.Generator, chosen: ViewSettings) -> Tensor:
    """A view of every image (n, C, H, W) uint8, C 1 or 3: (n, C, H', W') float32 in [0, 255], not normalised.

    A crop of `resized_crop` to all of the area brought to `size`, mirrored with probability `flip`, turned by up to
    `rotation_deg`, then the jitter of `draw_jitter`. A pure function of the images and the generator's state.
    """
    stored = (images.shape[2], images.shape[3])
    output = stored if chosen.size is None else (chosen.size, chosen.size)
    moved = draw_augmentation(
        rng,
        len(images),
        size=stored,
        output=output,
        crop_padding=0,
        padding_mode="reflect",  # what lies half a pixel beyond the border repeats it, as in torchvision's crop
        flip=chosen.flip,
        rotation_deg=chosen.rotation_deg,
        resized_crop=chosen.resized_crop,
    )
    return apply_jitter(draw_jitter(rng, len(images)), apply_augmentation(moved, images, output))


def _brightened(images: Tensor, factor: Tensor) -> Tensor:
    return (images * factor).clamp(0, 1)


def _contrasted(images: Tensor, factor: Tensor) -> Tensor:
    grey = functional.rgb_to_grayscale(images) if images.shape[1] == 3 else images
    return torch.lerp(grey.mean((1, 2, 3), keepdim=True), images, factor).clamp(0, 1)


def _saturated(images: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(functional.rgb_to_grayscale(images), images, factor).clamp(0, 1)


def _turned(images: Tensor, turn: Tensor) -> Tensor:
    """Images (n, 3, H, W) in [0, 1] with the hue of HSV turned; the largest and the smallest channel value stay."""
    red, green, blue = images.unbind(1)
    most, least = images.amax(1), images.amin(1)
    spread = (most - least).clamp_min(_TINY)
    after_green = torch.where(most == green, 2 + (blue - red) / spread, 4 + (red - green) / spread)
    hue = torch.where(most == red, (green - blue) / spread, after_green)  # in sixths of the circle
    first = torch.tensor([5.0, 3.0, 1.0], device=images.device)[:, None, None]
    place = (first + hue[:, None] + 6 * turn) % 6
    return most[:, None] - (most - least)[:, None] * torch.minimum(place, 4 - place).clamp(0, 1)


_CHANGES: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (_brightened, _contrasted, _saturated, _turned)
