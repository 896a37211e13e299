"""A case of two classes whose mask has one of them wrong on one slice."""

import numpy as np

from l2b_data.images.volume import Volume
from l2b_seg.audit.outlook import Outlook


def disc(radius, centre=(16, 16), size=32):
    rows, columns = np.ogrid[:size, :size]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def two_classes():
    """Two slices; in the second the mask calls class 2 what the network calls class 1."""
    left, right = disc(5, (16, 8)), disc(5, (16, 24))
    probability = np.zeros((3, 2, 32, 32), np.float32)
    probability[1, :, left] = probability[2, :, right] = 0.9
    probability[0] = 1 - probability[1:].sum(0)
    given = np.zeros((2, 32, 32), np.uint8)
    given[:, left], given[:, right] = 1, 2
    given[1, left] = 2
    return Outlook(
        case="a",
        grid=Volume(given),
        cut=Volume(given).cut(),
        given=given,
        probability=probability,
        smoothed=probability,
        proposal=probability.argmax(0).astype(np.uint8),
        spacing=(1.0, 1.0, 1.0),
    )
