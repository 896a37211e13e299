"""A prepared set of labelled images written: dataset.json, labels.csv and the pixels, or the files they stay in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import ConfigError, DataError
from l2b_data.files.atomic import atomic_file, atomic_folder, write_json
from l2b_data.samples.image_set import FORMAT, IMAGES, INFO, LABELS, MAX_FAULTS, ImageSet, open_image_set
from l2b_data.samples.label_table import LabelTable, write_label_table


@dataclass(frozen=True)
class PictureFiles:
    """Images that stay where they are: `files` below `root`, given as `size` (see `FileStore`)."""

    root: Path
    files: Sequence[str]
    size: tuple[int, int]
    channels: int = 3


def write_image_set(
    root: Path | str,
    *,
    name: str,
    images: np.ndarray | Iterable[np.ndarray] | PictureFiles,
    labels: Sequence[int] | np.ndarray,
    split: Sequence[str] | np.ndarray,
    classes: Sequence[str],
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    given: dict[str, np.ndarray] | None = None,
    source: dict[str, Any] | None = None,
) -> ImageSet:
    """Write a prepared set into the folder `root`, which must not exist or be empty; it is whole or absent.

    images: (N, H, W, C) uint8, or as many (H, W, C) one after the other, written as they come; or files. names default
    to the numbers. labels, split, groups and given as in `ImageSet`. Raises ConfigError: `root` holds something;
    DataError: lengths that differ, images of several sizes or not uint8, labels out of range, unknown splits, no image
    at all: all in one message.
    """
    root = Path(root)
    require_free(root)
    count = len(labels)
    table = LabelTable(
        labels=np.asarray(labels, np.int64),
        split=np.asarray(split, np.str_),
        names=[str(one) for one in names] if names is not None else [str(number) for number in range(count)],
        groups=[str(one) for one in groups] if groups is not None else [""] * count,
        given={key: np.asarray(value, np.int64) for key, value in (given or {}).items()},
        files=list(images.files) if isinstance(images, PictureFiles) else None,
    )
    if faults := table.faults(len(classes)):
        raise DataError(f"{root}: the set {name} cannot be written:\n  " + "\n  ".join(faults[:MAX_FAULTS]))
    with atomic_folder(root) as folder:
        info: dict[str, Any] = {"format": FORMAT, "name": name, "classes": list(classes)}
        if isinstance(images, PictureFiles):
            info |= {"storage": "files", "size": list(images.size), "channels": images.channels}
            info["image_root"] = str(images.root.resolve())
        else:
            shape = _write_pixels(folder / IMAGES, images, count)
            info |= {"storage": "array", "size": list(shape[:2]), "channels": shape[2]}
        write_label_table(folder / LABELS, table)
        write_json(folder / INFO, info | {"source": source or {}})
    return open_image_set(root)


def require_free(root: Path) -> None:
    """ConfigError where `root` is a file or a folder that holds something; asked before work that takes long."""
    if root.exists() and not (root.is_dir() and not any(root.iterdir())):
        raise ConfigError(f"--out {root}: exists and is not an empty folder; name another one")


def _write_pixels(path: Path, images: np.ndarray | Iterable[np.ndarray], count: int) -> tuple[int, int, int]:
    """Write images.npy; shape (H, W, C) of an image. One image at a time: sets larger than the memory are fine."""
    with atomic_file(path) as temporary:
        mapped: np.memmap | None = None
        done = 0
        for done, image in enumerate(images, 1):
            fine = image.dtype == np.uint8 and image.ndim == 3 and image.shape[-1] in (1, 3)
            if not fine or done > count or (mapped is not None and image.shape != mapped.shape[1:]):
                expected = "(H, W, 1 or 3) uint8" if mapped is None else f"{mapped.shape[1:]} uint8, {count} of them"
                raise DataError(f"image {done - 1}: {image.shape} {image.dtype} instead of {expected}")
            if mapped is None:
                mapped = np.lib.format.open_memmap(temporary, "w+", np.uint8, (count, *image.shape))
            mapped[done - 1] = image
        if mapped is None or done != count:
            raise DataError(f"{done} images for {count} labels")
        mapped.flush()
        height, width, channels = (int(side) for side in mapped.shape[1:])
        del mapped  # closes the file before it is moved
    return height, width, channels
