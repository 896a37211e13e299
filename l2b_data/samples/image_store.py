"""Where the pixels of a prepared set lie: one memory-mapped array, or the user's own image files."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.images.picture_8bit import read_picture, resize_shorter_side


@dataclass(frozen=True)
class ArrayStore:
    """images.npy (N, H, W, C) uint8; only the pages that are asked for are read from the disk."""

    path: Path
    pixels: np.ndarray = field(repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        return int(self.pixels.shape[1]), int(self.pixels.shape[2])

    @property
    def channels(self) -> int:
        return int(self.pixels.shape[3])

    def read(self, index: np.ndarray) -> np.ndarray:
        return np.asarray(self.pixels[np.asarray(index, np.int64)])

    def __reduce__(self) -> tuple[Any, ...]:  # a worker process maps the file anew instead of receiving the pixels
        return open_array, (self.path,)


@dataclass(frozen=True)
class FileStore:
    """Images read on demand: the shorter side scaled to `size`, the middle cut out. `DataError` of `read_picture`."""

    root: Path
    files: Sequence[str] = field(repr=False)
    size: tuple[int, int]
    channels: int = 3

    def path(self, index: int) -> Path:
        return self.root / self.files[index]

    def read(self, index: np.ndarray) -> np.ndarray:
        images = [
            resize_shorter_side(read_picture(self.path(int(one)), channels=self.channels), self.size) for one in index
        ]
        return np.stack(images) if images else np.empty((0, *self.size, self.channels), np.uint8)


ImageStore = ArrayStore | FileStore
"""size: height and width, and channels, of every image. read: images by their number in the prepared set, `index` (n,)
in that order -> (n, H, W, C) uint8; n = 0 gives an empty array."""


def open_array(path: Path) -> ArrayStore:
    """Map images.npy; ValueError or OSError where it is no such array."""
    return ArrayStore(path, np.load(path, mmap_mode="r", allow_pickle=False))
