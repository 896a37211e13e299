"""Several masks of one image, an object each, as one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from l2b_data.errors import DataError
from l2b_data.images.image_files import read_label_map
from l2b_data.images.volume import Volume

_READERS = 0.5  # of the smaller mask: two objects touch, two readers' outlines of one object cover each other


def read_united(path: Path, further: Sequence[Path] = ()) -> Volume:
    """The label map `path` (`read_label_map`), and where it is 0 those of the files `further`, on one grid; noted.

    Raises DataError: as `read_label_map`, another grid, or foregrounds that cover each other by more than half.
    """
    mask = read_label_map(path)
    for one in further:
        other = read_label_map(one)
        if faults := mask.same_grid(other):
            raise DataError(f"{one}: a further mask of {path.name}, but it differs in {'; '.join(faults)}")
        both = np.count_nonzero((mask.array != 0) & (other.array != 0))
        smaller = min(np.count_nonzero(mask.array), np.count_nonzero(other.array))
        if both > _READERS * smaller:
            raise DataError(
                f"{one}: covers {path.name} by {both / smaller:.0%}, so that both seem to show one object, as two "
                "readers draw it; keep one of them, or leave the case out with --exclude"
            )
        kind = np.promote_types(mask.array.dtype, other.array.dtype)
        mask = replace(mask, array=np.where(mask.array != 0, mask.array, other.array).astype(kind))
    note = f"{len(further) + 1} masks of one image are united"
    return replace(mask, notes=(*mask.notes, note)) if further else mask
