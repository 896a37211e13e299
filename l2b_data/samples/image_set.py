"""A prepared classification set on disk: dataset.json, labels.csv and the images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from l2b_data.errors import DataError
from l2b_data.files.json_object import json_object_or_fault
from l2b_data.files.shorten import first_lines
from l2b_data.samples.image_store import ArrayStore, FileStore, ImageStore, open_array
from l2b_data.samples.label_table import META, LabelTable, read_label_table

FORMAT = "l2b-cls images 1"
INFO, LABELS, IMAGES = "dataset.json", "labels.csv", "images.npy"
OWN = "folder"  # source of a set that `l2b-cls prepare folder` made of the user's own images
MAX_FAULTS = 20


@dataclass(frozen=True)
class ImageSet:
    """N images with what is known of each; `names`, `groups`, `labels`, `split` and `given` share one order.

    labels: (N,) int64, the true label or the best one known (`vouched` says which). split: (N,) str, "train", "val",
    "test", or "meta" for training images whose labels the user vouches for. groups: patient or lesion an image comes
    from, "" where nobody said. given: further label sets of the same images (human annotators), (N,) int64 with -1
    where an image has none. info: the whole of dataset.json.
    """

    root: Path
    name: str
    classes: list[str]
    labels: np.ndarray = field(repr=False)
    split: np.ndarray = field(repr=False)
    names: list[str] = field(repr=False)
    groups: list[str] = field(repr=False)
    given: dict[str, np.ndarray] = field(repr=False)
    store: ImageStore = field(repr=False)
    info: dict[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 (grey) or 3 (red, green, blue)."""
        return self.store.channels

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images as `images` gives them."""
        return self.store.size

    def indices(self, split: str) -> np.ndarray:
        """Numbers of the images of a split, (n,) int64 ascending; empty where it has none."""
        return np.flatnonzero(self.split == split).astype(np.int64)

    def vouched(self, split: str) -> bool:
        """Whether `labels` of a split are the truth.

        Those of a published set are, but for its "noisy_splits" (Clothing1M's train). Of a set of one's own only the
        split "meta" is; its other labels are as the user has them.
        """
        source = self.info.get("source", {})
        return split == META or (source.get("dataset") != OWN and split not in source.get("noisy_splits", []))

    @property
    def foreign(self) -> np.ndarray:
        """Numbers of the images that were planted as pictures of no class, (n,) int64: their labels are wrong."""
        planted = self.info.get("source", {}).get("planted", {}).get("foreign", [])
        return np.array([number for number, _ in planted], np.int64)

    def images(self, index: Sequence[int] | np.ndarray) -> np.ndarray:
        """Images (n, H, W, C) uint8, in the order of `index` (n,)."""
        return self.store.read(np.asarray(index, np.int64))


def open_image_set(root: Path | str) -> ImageSet:
    """Read dataset.json and labels.csv and map images.npy; `DataError` with all that is wrong. Pixels are not read."""
    image_set, faults = examine_image_set(root)
    if image_set is None:
        listed = "\n  ".join(first_lines(faults, MAX_FAULTS))
        hint = "" if (Path(root) / INFO).exists() else " (make one of it with `l2b-cls prepare`)"
        raise DataError(f"{root} is no prepared classification set{hint}:\n  {listed}")
    return image_set


def examine_image_set(root: Path | str) -> tuple[ImageSet | None, list[str]]:
    """The set and no fault, or None and all that keeps it from being one; `DataError` where there is no folder."""
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; make a prepared set with `l2b-cls prepare`")
    faults: list[str] = []
    info = _read_info(root / INFO, faults)
    classes = _classes(info, faults)
    table = LabelTable.empty()
    if not (root / LABELS).is_file():
        faults.append(f"{LABELS} is missing")
    elif classes:
        table = read_label_table(root / LABELS, classes=len(classes), faults=faults)
    store = _open_store(root, info, table, faults) if info else None
    if faults or store is None:
        return None, faults
    known = (table.labels, table.split, table.names, table.groups, table.given)
    return ImageSet(root, str(info["name"]), classes, *known, store, info), []


def _read_info(path: Path, faults: list[str]) -> dict[str, Any]:
    value = json_object_or_fault(path, faults)
    if value and value.get("format") != FORMAT:
        faults.append(f"{path.name}: format {value.get('format')!r} is not {FORMAT!r}")
        return {}
    if not isinstance(value.get("name"), str):
        faults.append(f"{path.name}: name {value.get('name')!r} is no text")
    return value


def _classes(info: dict[str, Any], faults: list[str]) -> list[str]:
    classes = info.get("classes")
    if not info:
        return []
    if not isinstance(classes, list) or not all(isinstance(name, str) and name for name in classes):
        faults.append(f"{INFO}: classes {classes!r} is no list of names")
        return []
    if len(classes) < 2 or len(set(classes)) < len(classes):
        faults.append(f"{INFO}: classes {classes!r}: at least two, each once")
        return []
    return classes


def _open_store(root: Path, info: dict[str, Any], table: LabelTable, faults: list[str]) -> ImageStore | None:
    storage = info.get("storage")
    if storage == "array":
        return _open_array(root, info, table, faults)
    if storage != "files":
        faults.append(f"{INFO}: storage {storage!r} is neither array nor files")
        return None
    size, channels, image_root = info.get("size"), info.get("channels"), info.get("image_root")
    fine = isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) and side > 0 for side in size)
    if not fine or channels not in (1, 3) or not isinstance(image_root, str):
        stated = f"size {size!r}, channels {channels!r}, image_root {image_root!r}"
        faults.append(f"{INFO}: {stated} say no [H, W], 1 or 3, path")
        return None
    if not Path(image_root).is_dir():
        faults.append(f"{INFO}: image_root {image_root}: no such folder; the images of this set stay where they were")
    if table.files is None:
        faults.append(f"{LABELS}: no column `file`, which storage `files` needs")
        return None
    assert isinstance(size, list)
    return FileStore(Path(image_root), table.files, (size[0], size[1]), int(channels))


def _open_array(root: Path, info: dict[str, Any], table: LabelTable, faults: list[str]) -> ArrayStore | None:
    path = root / IMAGES
    try:
        store = open_array(path)
    except FileNotFoundError:
        faults.append(f"{IMAGES} is missing")
        return None
    except (OSError, ValueError, EOFError) as error:
        faults.append(f"{IMAGES} cannot be read: {error}")
        return None
    pixels = store.pixels
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or pixels.shape[-1] not in (1, 3):
        faults.append(f"{IMAGES}: {pixels.shape} {pixels.dtype} instead of (N, H, W, 1 or 3) uint8")
        return None
    if len(table.labels) and len(pixels) != len(table.labels):
        faults.append(f"{IMAGES}: {len(pixels)} images for {len(table.labels)} rows of {LABELS}")
    stated = info.get("size"), info.get("channels")
    if stated != (list(store.size), store.channels):
        faults.append(f"{INFO}: size, channels {stated} are not those of {IMAGES} {pixels.shape[1:]}")
    return store
