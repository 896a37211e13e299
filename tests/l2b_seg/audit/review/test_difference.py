"""Where given mask and proposal differ, in colours that everyone can tell apart."""

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from l2b_seg.audit.review.difference import DIFFERENCES, difference

OPACITY = 0.65  # of the areas in audit.html.j2
SIGHTS = {  # linear RGB as seen by most, and without one of the three cones (Machado et al. 2009, severity 1)
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def test_missing_extra_and_other_class():
    given = np.array([[0, 0, 1, 1, 2]], np.uint8)
    proposal = np.array([[0, 2, 0, 1, 1]], np.uint8)
    assert difference(given, proposal).tolist() == [[0, 1, 2, 0, 3]]
    assert [name for name, _ in DIFFERENCES.values()] == ["missing", "extra", "other class"]


def seen(colour: np.ndarray, sight: object) -> np.ndarray:
    """CIELAB of an sRGB colour in [0, 1] as it is seen."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    turned = np.clip(np.asarray(sight) @ linear, 0, 1)
    return rgb2lab(np.where(turned <= 0.0031308, 12.92 * turned, 1.055 * turned ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("grey", [30, 90, 150, 210])
def test_colours_laid_over_grey_differ_from_each_other_and_from_it(sight, grey):
    inks = [np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for _, colour in DIFFERENCES.values()]
    colours = [np.full(3, grey), *(OPACITY * ink + (1 - OPACITY) * grey for ink in inks)]
    labs = [seen(colour / 255, SIGHTS[sight]) for colour in colours]
    assert min(deltaE_ciede2000(*pair) for pair in combinations(labs, 2)) > 12
