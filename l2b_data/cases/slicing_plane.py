"""The plane in which the volumes of a data set are best cut into slices."""

from collections import Counter

from l2b_data.cases.dataset import Dataset
from l2b_data.images.orientation import lines
from l2b_data.images.volume import placed_grid

_THICK = 1.5
_ACROSS = {"S": "LPS", "P": "LSP", "L": "PSL"}
"""Columns, rows and slices of the plane across a line: axial, coronal, sagittal."""


def slicing_plane(dataset: Dataset) -> str | None:
    """The data set's own plane, but where most images have a thick axis inside of it, the one across that axis.

    Thick: 1.5 times as far from voxel to voxel as along either other axis. Read from the headers of all cases; None for
    pictures.
    """
    plane = dataset.plane
    grids = [grid for case in dataset.cases if (grid := placed_grid(dataset.image_path(case)))]
    thick: Counter[str | None] = Counter()
    for grid in grids:
        along = dict(zip(lines(grid.axes), reversed(grid.spacing_mm), strict=True))
        second, first = sorted(along, key=along.__getitem__)[1:]
        thick[first if along[first] >= _THICK * along[second] else None] += 1
    line, count = thick.most_common(1)[0] if thick else (None, 0)
    if plane is None or line is None or line == plane[2] or 2 * count <= len(grids):
        return plane
    return _ACROSS[line]
