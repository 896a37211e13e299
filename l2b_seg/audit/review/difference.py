"""Where a given mask and its proposal differ, and how."""

import numpy as np

MISSING, EXTRA, OTHER = 1, 2, 3

DIFFERENCES = {
    MISSING: ("missing", "#56B4E9"),
    EXTRA: ("extra", "#D55E00"),
    OTHER: ("other class", "#F0E442"),
}
"""Value -> what the given mask is there, and its colour. Of Okabe and Ito's colours the three that laid over grey lie
farthest apart, from each other and from the grey, with every colour blindness (CIEDE2000 of 13 and more)."""


def difference(given: np.ndarray, proposal: np.ndarray) -> np.ndarray:
    """Values of DIFFERENCES, 0 where both agree: uint8 of the shape of the two label maps.

    missing: the proposal alone has a class. extra: the given mask alone has one. other class: both have, not the same.
    """
    found = np.zeros(given.shape, np.uint8)
    found[(given == 0) & (proposal > 0)] = MISSING
    found[(given > 0) & (proposal == 0)] = EXTRA
    found[(given > 0) & (proposal > 0) & (given != proposal)] = OTHER
    return found
