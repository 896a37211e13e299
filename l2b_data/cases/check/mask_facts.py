"""What is compared between the masks of a set: content, extent, size and place."""

from dataclasses import dataclass

import numpy as np

from l2b_data.files.hashing import sha256_array
from l2b_data.images.volume import Volume

_PLANE = "LPS"  # in which places are told, however a file is stored


@dataclass(frozen=True)
class MaskFacts:
    """Of one mask with a foreground (any value but 0). content: hash of its values.

    share: of all voxels, in (0, 1]. border: share of the border of the axial slices it is in. place: centre (row,
    column) in such a slice, as shares of its sides. size_mm3: of the foreground, a voxel being 1 where the spacing is
    unknown.
    """

    content: str
    share: float
    border: float
    place: tuple[float, float]
    size_mm3: float


def mask_facts(mask: Volume) -> MaskFacts | None:
    """The facts of a label map; None of one without foreground."""
    foreground = mask.cut(_PLANE).apply(mask.array != 0)
    slices = foreground[foreground.any((1, 2))]
    if not len(slices):
        return None
    edge = np.ones(slices.shape[1:], bool)
    edge[1:-1, 1:-1] = False
    centres = []
    for other in (2, 1):
        counts = slices.sum((0, other), dtype=np.int64)
        centres.append(float((np.arange(len(counts)) + 0.5) @ counts / counts.sum() / len(counts)))
    count = int(np.count_nonzero(foreground))
    return MaskFacts(
        sha256_array(mask.array),
        count / foreground.size,
        float(slices[:, edge].mean()),
        (centres[0], centres[1]),
        count * float(np.prod(mask.spacing_mm)),
    )
