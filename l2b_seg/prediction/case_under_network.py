"""A case of a data set through a network and back onto its own grid."""

from dataclasses import dataclass

import numpy as np

from l2b_data.cases.dataset import Dataset
from l2b_data.cases.label_map import case_labels
from l2b_data.cases.slices import case_image, case_mask, require_same_cut
from l2b_data.cases.slicing import to_native
from l2b_data.errors import DataError
from l2b_data.images.orientation import Cut
from l2b_data.images.volume import Volume
from l2b_seg.prediction.predictor import Predictor
from l2b_seg.prediction.trust_maps import Judge, trust_maps


@dataclass(frozen=True)
class CaseUnderNetwork:
    """A case and what a network says about it; every array (D, H, W) as the case is stored.

    labels: folder of the given mask. mask: that mask, label values uint8. cut: how the case was cut into slices.
    probability: (K, D, H, W) float32, see `Predictor`. predicted: the network's label values uint8, the pseudo-label
    too. alpha, beta: weight of the given and of the predicted label, float32, in multiples of a pixel's weight in plain
    training (see `trust_maps`), 0 outside the recipe's crop; None without a judge.
    """

    case: str
    labels: str
    mask: Volume
    cut: Cut
    probability: np.ndarray
    predicted: np.ndarray
    alpha: np.ndarray | None = None
    beta: np.ndarray | None = None

    @property
    def given(self) -> np.ndarray:
        """Label values of the given mask, (D, H, W) uint8."""
        return self.mask.array

    @property
    def foreground(self) -> np.ndarray:
        """Probability of all foreground, (D, H, W) float32."""
        return self.probability[0] if len(self.probability) == 1 else 1 - self.probability[0]


def case_under_network(
    predictor: Predictor, dataset: Dataset, case: str, labels: str, *, judge: Judge | None = None
) -> CaseUnderNetwork:
    """Predict a case, and with a judge weigh the mask of it in folder `labels`; no other mask of it is read.

    Raises DataError where a file cannot be used, image and mask differ in grid, or the prediction is not finite.
    """
    image, small = case_image(dataset, case, predictor.options), case_mask(dataset, case, predictor.options, labels)
    require_same_cut(case, image.cut, small.cut, labels)
    mask = case_labels(dataset, case, labels)
    slices, cut = np.asarray(image.array, np.float32), image.cut
    weights: list[np.ndarray] = []
    if judge is None:
        maps = predictor.predict_slices(slices)
    else:
        trust = trust_maps(predictor, judge, slices, np.asarray(small.array))
        maps = trust.probability
        weights = [cut.undo(to_native(part, cut.sizes[1:], predictor.options)) for part in (trust.alpha, trust.beta)]
    probability = predictor.to_native(maps, cut)
    if not np.isfinite(probability).all():
        raise DataError(f"{case}: the network's prediction is not finite; its training has diverged")
    return CaseUnderNetwork(case, labels, mask, cut, probability, predictor.label_map(probability), *weights)
