"""How far the mask of a slice is expected to be off: one minus the Dice it can be expected to have to the truth."""

import numpy as np
from scipy.ndimage import grey_closing

from l2b_data.cases.dice import dice

DRAWN = 0.6
"""Presence granted to a slice on which somebody drew a mask. Of 0.4 to 0.8, chosen on cases set aside (RESULTS.md)."""

OUTLINE = 0.9
"""Dice granted to a mask that is the network's outline to the pixel: that outline is a guess too. Chosen likewise."""

GAP = 3
"""Length of the closing that fills presence between slices: gaps of up to two slices."""

_FAINT = 0.01  # a probability below it hardly counts: rows and columns without any other are left out

DEFINITION = (
    "1 - expected Dice of the mask to the truth, of several classes the mean. Expected Dice = presence * agreement * "
    f"{OUTLINE:g} where the mask has pixels, 1 - presence where it has none. presence: mean probability of the most "
    f"probable pixels, as many as the class usually covers; at least {DRAWN:g} where the mask has pixels, and filled "
    "over gaps of up to two slices. agreement: Dice with the outline where the probability is above half of that mean"
)


def expected_error(given: np.ndarray, probability: np.ndarray, usual: float) -> np.ndarray:
    """The expected error (D,) in [0, 1] of one class in every slice of a case; see DEFINITION.

    given: (D, H, W) bool. probability: (D, H, W) of the class. usual: share of a slice this class usually covers.
    Unlike a mean over pixels it does not grow with the area: among masks that are all wrong it finds the worst.
    """
    drawn = given.any((1, 2))
    count = max(1, round(usual * given[0].size))
    shown = given | (probability > _FAINT)
    inside = np.ix_(np.arange(len(given)), shown.any((0, 2)), shown.any((0, 1)))
    given, probability = given[inside], probability[inside]
    flat = probability.reshape(len(probability), -1)
    top = flat if flat.shape[1] <= count else np.partition(flat, flat.shape[1] - count, axis=1)[:, -count:]
    seen = np.clip(top.sum(1, dtype=np.float64) / count, 0, 1)
    presence = np.maximum(seen, DRAWN * drawn)
    presence = np.maximum(presence, grey_closing(np.pad(presence, GAP), GAP)[GAP:-GAP])
    likely = probability > seen[:, None, None] / 2
    agreement = np.array([dice(outline, mask) for outline, mask in zip(likely, given, strict=True)])
    return np.where(drawn, 1 - presence * agreement * OUTLINE, presence)
