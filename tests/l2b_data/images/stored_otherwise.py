"""The same volume in space in another axis order."""

import numpy as np

from l2b_data.images.volume import Volume


def stored_otherwise(volume: Volume, order=(0, 1, 2), flips=(False, False, False)) -> Volume:
    """`volume` with array axes (D, H, W) permuted (`order[i]`: the old axis that becomes axis i), then turned round.

    Every voxel stays where it is in space.
    """
    columns, origin = np.reshape(volume.direction, (3, 3)), np.array(volume.origin)
    columns = columns[:, [2 - axis for axis in order][::-1]].copy()  # array axis i is axis 2 - i of x, y, z
    array = volume.array.transpose(order)
    spacing = tuple(volume.spacing_mm[axis] for axis in order)
    for axis, turned in enumerate(flips):
        if turned:
            origin = origin + (array.shape[axis] - 1) * spacing[axis] * columns[:, 2 - axis]
            columns[:, 2 - axis] *= -1
            array = np.flip(array, axis)
    return Volume(np.ascontiguousarray(array), spacing, tuple(origin.tolist()), tuple(columns.ravel().tolist()))
