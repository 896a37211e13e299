"""How suspicious a mask is in each slice: one minus the Dice it can be expected to have against the truth."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import grey_closing

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.dice import dice
from l2b_data.cases.label_map import case_labels

DRAWN = 0.6
"""Presence granted to a slice on which somebody drew a mask. Of 0.4 to 0.8, chosen with the form of the score."""

OUTLINE = 0.9
"""Dice granted to a mask that is the network's outline to the pixel: that outline is a guess too. Without it, every
drawn slice that agrees ranks below an empty one with a trace of presence. Of 0.6 to 1, chosen on cases set aside."""

GAP = 3
"""Length of the closing that fills presence between slices: gaps of up to two slices."""


@dataclass(frozen=True)
class Suspicion:
    """About one class in the D slices of a case, (D,) each, in [0, 1].

    score: higher is worse. presence: how surely the slice shows the class. agreement: Dice of the mask with the
    network's outline, given that it does; 0 for an empty mask.
    """

    score: np.ndarray
    presence: np.ndarray
    agreement: np.ndarray


def suspicion(given: np.ndarray, probability: np.ndarray, usual: float) -> Suspicion:
    """The suspicion about one class in every slice of a case.

    given: (D, H, W) bool. probability: (D, H, W) of the class. usual: the share of a slice this class usually covers.

    seen = mean of the `usual` share of a slice's pixels with the highest probability. presence = max(seen, DRAWN where
    the mask has pixels), and not less than in the slices on both sides of a gap (GAP): an organ goes on. Where there
    is one, its most probable outline is where probability > seen / 2; agreement = Dice of `given` with that. Expected
    Dice = presence * agreement * OUTLINE for a mask with pixels, 1 - presence for an empty one. score = 1 - that.

    A slice's mean loss, the usual measure, grows with the organ's area: among slices that show the organ it ranks large
    ones first, whether right or wrong. RESULTS.md has the numbers, and the forms that were tried.
    """
    drawn = given.any((1, 2))
    flat = probability.reshape(len(probability), -1)
    count = int(np.clip(round(usual * flat.shape[1]), 1, flat.shape[1]))
    top = np.partition(flat, flat.shape[1] - count, axis=1)[:, flat.shape[1] - count :]
    seen = np.clip(top.mean(1, dtype=np.float64), 0, 1)
    presence = np.maximum(seen, DRAWN * drawn)
    presence = np.maximum(presence, grey_closing(np.pad(presence, GAP), GAP)[GAP:-GAP])
    likely = probability > seen[:, None, None] / 2
    agreement = drawn * np.array([dice(outline, mask) for outline, mask in zip(likely, given, strict=True)])
    return Suspicion(np.where(drawn, 1 - presence * agreement * OUTLINE, presence), presence, agreement)


def usual_shares(dataset: Dataset, cases: Iterable[str], labels: str, plane: str | None) -> list[float]:
    """For each class, the median share of a slice it covers, over the slices of `cases` that show it; 0 for none.

    labels: the folder of masks to measure it on. plane: in which they are cut, see `SliceOptions`.
    """
    found: dict[int, list[float]] = {value: [] for value in range(1, len(dataset.classes) + 1)}
    for case in cases:
        mask = case_labels(dataset, case, labels)
        cut = mask.cut(plane)
        for value, shares in found.items():
            covered = (cut.apply(mask.array) == value).mean((1, 2))
            shares.extend(covered[covered > 0].tolist())
    return [float(np.median(shares)) if shares else 0.0 for shares in found.values()]
