"""A volume with its axes in the order and sense of another's: exact, as only whole axes are exchanged and reversed."""

from dataclasses import replace

import numpy as np

from l2b_data.images.grid import Volume
from l2b_data.images.orientation import lines


def stored_as(volume: Volume, like: Volume) -> Volume:
    """`volume` on the same places in space, stored with its axes as those of `like` (`Volume.axes`); noted.

    A picture, and a volume whose axes run the same way, are returned as they are.
    """
    mine, theirs = volume.axes, like.axes
    if mine == theirs or volume.picture or like.picture:
        return volume
    columns = np.reshape(volume.direction, (3, 3)).T
    spacing, shape = volume.spacing_mm[::-1], volume.array.shape[::-1]
    order = [lines(mine).index(line) for line in lines(theirs)]
    turned = [mine[axis] != letter for axis, letter in zip(order, theirs, strict=True)]
    origin = np.array(volume.origin)
    for axis, flip in zip(order, turned, strict=True):
        origin = origin + flip * (shape[axis] - 1) * spacing[axis] * columns[axis]
    direction = np.stack([columns[axis] * (-1 if flip else 1) for axis, flip in zip(order, turned, strict=True)], 1)
    array = volume.array.transpose([2 - axis for axis in reversed(order)])
    array = np.flip(array, tuple(2 - place for place, flip in enumerate(turned) if flip))
    x, y, z = origin.tolist()
    return replace(
        volume,
        array=np.ascontiguousarray(array),
        spacing_mm=(spacing[order[2]], spacing[order[1]], spacing[order[0]]),
        origin=(x, y, z),
        direction=tuple(direction.ravel().tolist()),
        notes=(*volume.notes, f"its axes run {mine}, those of its image {theirs}: brought to these, by its header"),
    )
