"""One case read through: what is wrong with its image and mask, and what the other cases are compared with."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.cases.check.fault import Fault
from l2b_data.cases.check.mask_facts import MaskFacts, mask_facts
from l2b_data.errors import DataError
from l2b_data.files.hashing import sha256_array
from l2b_data.files.shorten import few
from l2b_data.images.image_files import read_channels, same_grid_faults
from l2b_data.images.stored_as import stored_as
from l2b_data.images.volume import Volume, read_volume


@dataclass(frozen=True)
class CaseFacts:
    """What is compared between cases. values, mask: of the mask, None where it cannot be read (mask: also where it has
    no foreground); the rest is the image's.

    content: hash of the voxels of all channels, whatever the file's compression or spacing. axes: letters of x, y, z.
    """

    path: str
    content: str
    channels: int
    shape: tuple[int, ...]
    spacing_mm: tuple[float, float, float]
    spacing_known: bool
    axes: str
    values: np.ndarray | None
    mask: MaskFacts | None = None


def check_case(
    case: str,
    images: Sequence[Path],
    mask_path: Path,
    *,
    labels: Mapping[str, int] | None = None,
    read_mask: Callable[[Path], Volume] = read_volume,
) -> tuple[list[Fault], CaseFacts | None]:
    """Faults of one case, and its facts where the image can be read.

    images: files of the channels, in order. labels: names of the mask's values; None takes any. Everything else about
    the mask's values is `read_mask`'s business, whose DataError becomes a fault.
    """
    faults: list[Fault] = []
    channels = [channel for path in images for channel in _read(case, path, read_channels, faults)]
    masks = _read(case, mask_path, lambda path: [read_mask(path)], faults)
    if masks and channels and not channels[0].same_grid(moved := stored_as(masks[0], channels[0])):
        masks = [moved]
    whole = len(channels) >= len(images) and not any(fault.path != str(mask_path) for fault in faults)
    if whole:
        faults += [Fault("geometry", case, str(images[0]), text) for text in same_grid_faults(channels)]
        for number, channel in enumerate(channels):
            path, finite = str(images[min(number, len(images) - 1)]), np.isfinite(channel.array)
            if not finite.all():
                bad = int(np.count_nonzero(~finite))
                faults.append(Fault("not_finite", case, path, f"{bad:,} voxels are NaN or infinite"))
            elif channel.array.min() == channel.array.max():
                text = f"every voxel is {channel.array.flat[0]:g}"
                faults.append(Fault("constant_image", case, path, text))
    faults += [
        Fault("reading", case, str(path), note)
        for path, volumes in ((images[0], channels), (mask_path, masks))
        for note in dict.fromkeys(note for volume in volumes for note in volume.notes)
    ]
    if masks:
        faults += label_faults(case, mask_path, masks[0], labels)
        if channels:
            differences = [f"image and mask differ in {part}" for part in channels[0].same_grid(masks[0])]
            faults += [Fault("geometry", case, str(mask_path), text) for text in differences]
    if not whole:
        return faults, None
    first = channels[0]
    hashes = "".join(sha256_array(channel.array.astype(np.float64)) for channel in channels)
    content, values = hashlib.sha256(hashes.encode()).hexdigest(), np.unique(masks[0].array) if masks else None
    of_image = (len(channels), first.array.shape, first.spacing_mm, first.spacing_known, first.axes)
    return faults, CaseFacts(str(images[0]), content, *of_image, values, mask_facts(masks[0]) if masks else None)


def _read(case: str, path: Path, read: Callable[[Path], list[Volume]], faults: list[Fault]) -> list[Volume]:
    if not path.exists():
        faults.append(Fault("missing", case, str(path), "no such file"))
        return []
    try:
        return read(path)
    except DataError as error:
        faults.append(Fault("unreadable", case, str(path), str(error)))
        return []


def label_faults(case: str, path: Path, mask: Volume, labels: Mapping[str, int] | None) -> list[Fault]:
    """Values of a mask that `labels` (name -> value; None takes any) does not name; a warning for one without any."""
    faults = []
    values = np.unique(mask.array)
    unknown = [f"{value:g}" for value in values if labels and value not in labels.values()]
    if unknown and labels:
        known = ", ".join(f"{number} {name}" for name, number in labels.items())
        text = f"holds the values {few(unknown, 8)}; dataset.json names {known}"
        faults.append(Fault("labels", case, str(path), text))
    if len(values) == 1 and (labels is None or values[0] == 0):
        faults.append(Fault("empty_mask", case, str(path), f"no foreground: every voxel is {values[0]:g}"))
    return faults
