"""The slices of files and cases: prepared once, then memory-mapped."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from l2b_data.cases.dataset import CLEAN_LABELS, Dataset
from l2b_data.cases.label_map import _finite, label_values
from l2b_data.cases.slicing import SliceOptions, prepare_image, prepare_mask
from l2b_data.errors import DataError
from l2b_data.files.atomic import write_array
from l2b_data.files.cache import cache_dir
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import read_volume

Kind = Literal["image", "mask"]

_FORMAT = 4  # raise when the meaning of a cached array changes


@dataclass(frozen=True)
class NativeSlices:
    """Prepared slices of a volume: array (D, S, S), of an image's channels (D, C, S, S); `cut` leads back to it."""

    array: np.ndarray
    cut: Cut


@dataclass(frozen=True)
class SliceSet:
    """Slices of some cases, in order: image (N, C, S, S) and mask (N, 1, S, S) float32, the mask's are label values.

    where: (case, index of the slice in the file) of each.
    """

    image: Tensor
    mask: Tensor
    where: tuple[tuple[str, int], ...]

    def __len__(self) -> int:
        return len(self.where)

    def part(self, position: np.ndarray) -> "SliceSet":
        """The slices at these positions (m,), in that order."""
        index = torch.from_numpy(position)
        return SliceSet(self.image[index], self.mask[index], tuple(self.where[one] for one in position.tolist()))


def load_slices(
    dataset: Dataset, cases: Sequence[str], options: SliceOptions, *, labels: str | Path = CLEAN_LABELS
) -> SliceSet:
    """All slices of `cases` in the plane of `options`, background slices included, with the masks of folder `labels`.

    Raises DataError, naming every faulty case at once: absent, truncated, not finite, unequal shapes, unknown labels.
    """
    images, masks = list[Tensor](), list[Tensor]()
    where, faults = list[tuple[str, int]](), list[str]()
    for case in cases:
        try:
            image, mask = case_image(dataset, case, options), case_mask(dataset, case, options, labels)
            require_same_cut(case, image.cut, mask.cut, labels)
        except DataError as error:
            faults.append(str(error))
            continue
        images.append(torch.from_numpy(image.array.astype(np.float32)))
        masks.append(torch.from_numpy(mask.array.astype(np.float32)))
        where.extend((case, index) for index in range(len(image.array)))
    if faults:
        raise DataError(f"{len(faults)} of {len(cases)} cases cannot be used:\n  " + "\n  ".join(faults))
    if not where:
        raise DataError(f"{dataset.root}: no case to read slices from")
    return SliceSet(torch.cat(images), torch.cat(masks)[:, None], tuple(where))


def case_image(dataset: Dataset, case: str, options: SliceOptions) -> NativeSlices:
    """All channels of a case, each normalised on its own, (D, C, S, S) float16.

    Raises DataError where a channel cannot be read or its grid is not the first one's.
    """
    paths = dataset.image_paths(case)
    channels = [native_slices(path, "image", options) for path in paths]
    for path, channel in zip(paths, channels, strict=True):
        if channel.cut != channels[0].cut:
            raise DataError(f"{case}: {path.name} has shape {channel.cut}, {paths[0].name} {channels[0].cut}")
    return replace(channels[0], array=np.stack([channel.array for channel in channels], axis=1))


def case_mask(dataset: Dataset, case: str, options: SliceOptions, labels: str | Path = CLEAN_LABELS) -> NativeSlices:
    """The mask of a case in folder `labels`, (D, S, S) uint8 label values. Raises DataError as `native_slices`."""
    return native_slices(dataset.label_path(case, labels), "mask", options, values=dataset.values_in(labels))


def native_slices(path: Path, kind: Kind, options: SliceOptions, *, values: Sequence[int] = (0, 1)) -> NativeSlices:
    """The slices (D, S, S) of one file: an image's as float16, a mask's (with `values`, see `label_values`) as labels.

    They are kept as a memory-mapped .npy under a name derived from the file's content; a damaged one is made anew.
    Raises DataError for a file that is absent, unreadable or not finite, and for label values there is no class for.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    classes = len(values) - 1
    labels = classes if list(values) == list(range(len(values))) else list(values)
    recipe = json.dumps([_FORMAT, kind, asdict(options), labels if kind == "mask" else None], sort_keys=True)
    folder = cache_dir() / "slices" / hashlib.sha256(recipe.encode() + path.read_bytes()).hexdigest()
    for stored in folder.glob("[0-9]*x*.npy"):  # not the hidden file another run is still writing
        try:
            return NativeSlices(np.load(stored, mmap_mode="r", allow_pickle=False), _named_cut(stored.stem))
        except (OSError, ValueError, EOFError):
            continue
    volume = read_volume(path)
    cut = volume.cut(options.plane)
    if kind == "image":
        array = prepare_image(cut.apply(_finite(path, volume.array)), options).astype(np.float16)
    else:
        array = prepare_mask(cut.apply(label_values(path, volume.array, values)), options, classes)
    numbers = (*cut.shape, *cut.order, *cut.flips)  # in the file's name: 6x48x48x0x1x2x0x0
    stored = folder / f"{'x'.join(f'{number:d}' for number in numbers)}.npy"
    write_array(stored, array)
    return NativeSlices(np.load(stored, mmap_mode="r", allow_pickle=False), cut)


def _named_cut(name: str) -> Cut:
    """The cut whose numbers a stored file's name holds; ValueError for another name."""
    depth, height, width, slices, rows, columns, y, x = map(int, name.split("x"))
    return Cut((depth, height, width), (slices, rows, columns), (bool(y), bool(x)))


def require_same_cut(case: str, image: Cut, mask: Cut, labels: str | Path) -> None:
    """Raise DataError where shapes or orientations differ: resized to one size, nothing else would show it."""
    if image != mask:
        raise DataError(f"{case}: image has shape {image}, its mask in {labels} {mask}")
