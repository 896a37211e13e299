"""Prediction of a held-out case beside the mask under audit, on the mask's own grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.ndimage import gaussian_filter1d

from l2b_data.cases.dataset import Dataset
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import Volume

_NEIGHBOURS = 1.0  # standard deviation, in slices, of the mean over neighbouring slices
_THRESHOLD = 0.5


@dataclass(frozen=True)
class Outlook:
    """A case as its judge sees it; all arrays cut into slices, rows and columns in the file's own sense.

    grid: the mask under audit as it is stored, and `cut`, how it was cut: (D, H, W) here are its slices, rows and
    columns. given: its label values, (D, H, W) uint8. probability: (K, D, H, W) float32, the judge's own: of one class
    its probability, else the background's and one a class, of sum 1. smoothed: the same averaged with the neighbouring
    slices, from which the proposal and the score are made. proposal: (D, H, W) uint8 label values. spacing: (z, y, x)
    in the data set's unit.
    """

    case: str
    grid: Volume
    cut: Cut
    given: np.ndarray
    probability: np.ndarray
    smoothed: np.ndarray
    proposal: np.ndarray
    spacing: tuple[float, ...]

    @cached_property
    def confidence(self) -> np.ndarray:
        """Probability of the proposed label less that of the given one, (D, H, W) float32 in [0, 1]."""
        maps = self.smoothed
        return np.clip(probability_of(maps, self.proposal) - probability_of(maps, self.given), 0, 1)


def outlook_of(
    dataset: Dataset,
    case: str,
    mask: Volume,
    probability: np.ndarray,
    plane: str | None,
    *,
    smooth: bool = True,
    proposal: np.ndarray | None = None,
) -> Outlook:
    """What probabilities (K, D, H, W), on the grid of `mask` as it is stored, say of that mask, cut in `plane`.

    smooth: whether they are averaged with the neighbouring slices. proposal: (D, H, W) label values, where it is not
    what is most probable.
    """
    cut = mask.cut(plane).unflipped
    own = cut.apply(probability)
    smoothed = through_plane_mean(own) if smooth else own
    proposed = most_probable(smoothed) if proposal is None else cut.apply(proposal)
    stored = mask.spacing_mm if dataset.spacing_unit == "mm" else (1.0, 1.0, 1.0)
    spacing = tuple(stored[axis] for axis in cut.order)
    return Outlook(case, mask, cut, cut.apply(mask.array), own, smoothed, proposed, spacing)


def most_probable(probability: np.ndarray) -> np.ndarray:
    """Label values (D, H, W) uint8 of probabilities (K, D, H, W): above 0.5 for one class, else the most probable."""
    found = probability[0] > _THRESHOLD if len(probability) == 1 else probability.argmax(0)
    return found.astype(np.uint8)


def through_plane_mean(probability: np.ndarray) -> np.ndarray:
    """(K, D, H, W) probabilities averaged with their neighbours along D by a Gaussian of one slice; a sum of 1 stays 1.

    The network sees a slice alone; an organ goes on in the next one. A single slice stays as it is.
    """
    return gaussian_filter1d(probability, _NEIGHBOURS, axis=1, mode="nearest")


def probability_of(maps: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Probability (D, H, W) of the label values (D, H, W), of probabilities (K, D, H, W)."""
    if len(maps) == 1:
        return np.where(labels > 0, maps[0], 1 - maps[0])
    return np.take_along_axis(maps, labels[None].astype(np.intp), axis=0)[0]


def classes_of(outlook: Outlook) -> Sequence[int]:
    """The label values of the foreground classes."""
    return range(1, max(2, len(outlook.probability)))
