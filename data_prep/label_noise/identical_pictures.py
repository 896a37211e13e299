"""Which pictures of a prepared set are the same."""

import hashlib
from collections import Counter

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_file
from l2b_data.samples.image_set import ImageSet
from l2b_data.samples.image_store import FileStore


def identical_pictures(images: ImageSet, index: np.ndarray) -> np.ndarray:
    """(n,) int64: a number for each picture of `index` (n,) that those have in common which show the same.

    The same are arrays of equal pixels, and of pictures that stay in files, files of equal content: of those of one
    size the content is read. Raises DataError for a file that cannot be read.
    """
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in _contents(images, index)], np.int64)


def _contents(images: ImageSet, index: np.ndarray) -> list[object]:
    """Of each picture what it has in common with the same pictures alone."""
    if not isinstance(images.store, FileStore):
        pictures = (images.images(index[place : place + 1]) for place in range(len(index)))
        return [hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in pictures]
    paths = [images.store.path(number) for number in index.tolist()]
    try:
        sizes = [path.stat().st_size for path in paths]
        alike = Counter(sizes)
        return [sha256_file(path) if alike[size] > 1 else size for path, size in zip(paths, sizes, strict=True)]
    except OSError as error:
        raise DataError(f"{images.root}: a picture cannot be read: {error}") from error
