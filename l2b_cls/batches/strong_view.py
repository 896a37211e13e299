"""Strong augmentation of images: AutoAugment's policy for CIFAR-10, an image at a time."""

import torch
from torch import Tensor

_FILL = 128  # grey where a shift or a rotation leaves nothing, as in UniCon


def strong_view(images: Tensor, seed: int) -> Tensor:
    """Images (B, C, H, W) uint8 on the CPU, C 1 or 3 -> as many of the same shape and dtype, each changed on its own.

    Each image gets one of the 25 pairs of operations that AutoAugment found on CIFAR-10 (Cubuk et al. 2019, arXiv
    1805.09501), as torchvision draws and applies them. What acts on colour alone (Color) leaves a grey image as it is.
    A pure function of images and seed: torch's global stream stays where it was. B = 0 gives an empty batch.
    """
    from torchvision.transforms import v2  # a second of importing, which runs without strong views do without

    policy = v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10, fill=_FILL)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        changed = [policy(image) for image in images]
    return torch.stack(changed) if changed else images.clone()
