"""Small raw data of a user: pictures and volumes with their masks, in folders."""

import numpy as np
from PIL import Image

from l2b_data.images.volume import Volume, write_volume
from tests.data_prep.conftest import gland, picture

OBLIQUE = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)


def write_pictures(root, names, *, suffix=".png", ending="", colour=True, value=255, shape=(40, 56)):
    """images/NAME.png (or another suffix) and masks/NAME{ending}.png with 0 and `value`."""
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        mask = gland((2, *shape), seed=number)[1]
        grey = np.clip(picture(mask[None], seed=number)[0], 0, 255).astype(np.uint8)
        pixels = np.stack([grey, 255 - grey, grey // 2], axis=-1) if colour else grey
        Image.fromarray(pixels).save(root / "images" / f"{name}{suffix}")
        Image.fromarray(mask * np.uint8(value)).save(root / "masks" / f"{name}{ending}.png")
    return root / "images", root / "masks"


def volume_pair(number, *, shape=(4, 32, 36), channels=1):
    """Channels (int16) and label map with the values 0, 1, 2 on an oblique grid."""
    mask = gland(shape, seed=number)
    labels = mask + (mask & (np.arange(shape[2]) > shape[2] // 2))
    grid = Volume(labels.astype(np.uint8), (3.0, 0.5, 0.6), (-12.5, 3.0, float(number)), OBLIQUE)
    return [grid.with_array(picture(labels, seed=10 * number + channel)) for channel in range(channels)], grid


def write_volumes(root, names, *, suffix=".nii.gz", channels=1, scale=1):
    """images/NAME.ext, or NAME_0000.ext ... for several channels, and masks/NAME.ext; labels times `scale`."""
    for number, name in enumerate(names):
        images, labels = volume_pair(number, channels=channels)
        for channel, image in enumerate(images):
            numbered = f"{name}_{channel:04d}" if channels > 1 else name
            write_volume(image, root / "images" / f"{numbered}{suffix}")
        write_volume(labels.with_array(labels.array * np.uint8(scale)), root / "masks" / f"{name}{suffix}")
    return root / "images", root / "masks"
