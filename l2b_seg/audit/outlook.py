"""Prediction and weights of a held-out case, on its own grid."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from l2b_data.cases.dataset import Dataset
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import Volume
from l2b_seg.prediction.case_under_network import case_under_network
from l2b_seg.prediction.final_weights import Judge
from l2b_seg.prediction.predictor import Predictor

_NEIGHBOURS = 1.0  # standard deviation, in slices, of the mean over neighbouring slices


@dataclass(frozen=True)
class Outlook:
    """A case as its held-out network sees it; all arrays cut into slices, rows and columns in the file's own sense.

    grid: the mask under audit as it is stored, and `cut`, how it was cut: (D, H, W) here are its slices, rows and
    columns. given: its label values, (D, H, W) uint8. probability: (K, D, H, W) float32, the network's own (see
    `Predictor`). smoothed: the same averaged with the neighbouring slices, from which the proposal and the score are
    made. proposal: (D, H, W) uint8 label values. alpha, beta: weights of the given label and of the network's (see
    `final_weights`), (D, H, W) float32; None without clean cases. spacing: (z, y, x) in the data set's unit.
    """

    case: str
    grid: Volume
    cut: Cut
    given: np.ndarray
    probability: np.ndarray
    smoothed: np.ndarray
    proposal: np.ndarray
    alpha: np.ndarray | None
    beta: np.ndarray | None
    spacing: tuple[float, ...]


def look_at(predictor: Predictor, judge: Judge | None, dataset: Dataset, case: str, labels: str) -> Outlook:
    """Predict a case and judge the mask of it in folder `labels`; no other mask of it is read.

    Raises DataError where a file cannot be used.
    """
    view = case_under_network(predictor, dataset, case, labels, judge=judge)
    cut = view.cut.unflipped
    probability = cut.apply(view.probability)
    alpha, beta = (None if weight is None else cut.apply(weight) for weight in (view.alpha, view.beta))
    smoothed = through_plane_mean(probability)
    proposal = predictor.label_map(smoothed)
    stored = view.mask.spacing_mm if dataset.spacing_unit == "mm" else (1.0, 1.0, 1.0)
    spacing = tuple(stored[axis] for axis in cut.order)
    given = cut.apply(view.given)
    return Outlook(case, view.mask, cut, given, probability, smoothed, proposal, alpha, beta, spacing)


def through_plane_mean(probability: np.ndarray) -> np.ndarray:
    """(K, D, H, W) probabilities averaged with their neighbours along D by a Gaussian of one slice; a sum of 1 stays 1.

    The network sees a slice alone; an organ goes on in the next one. A single slice stays as it is.
    """
    return gaussian_filter1d(probability, _NEIGHBOURS, axis=1, mode="nearest")


def confidence(outlook: Outlook) -> np.ndarray:
    """Probability of the proposed label less that of the given one, (D, H, W) float32 in [0, 1]."""
    maps = outlook.smoothed
    full = np.concatenate([1 - maps, maps]) if len(maps) == 1 else maps
    proposed, given = (
        np.take_along_axis(full, label[None].astype(np.intp), axis=0)[0] for label in (outlook.proposal, outlook.given)
    )
    return np.clip(proposed - given, 0, 1)


def trust_share(outlook: Outlook) -> np.ndarray | None:
    """beta / (alpha + beta), (D, H, W) float32; 0.5 where neither has weight; None without clean cases."""
    if outlook.alpha is None or outlook.beta is None:
        return None
    both = outlook.alpha + outlook.beta
    return np.where(both > 0, outlook.beta / np.where(both > 0, both, 1), 0.5).astype(np.float32)
