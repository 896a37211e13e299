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
from l2b_seg.prediction.final_weights import Judge, final_weights
from l2b_seg.prediction.predictor import Predictor


@dataclass(frozen=True)
class CaseUnderNetwork:
    """A case and what a network says about it; every array (D, H, W) as the case is stored.

    labels: folder of the given mask. mask: that mask, label values uint8. cut: how the case was cut into slices.
    probability: (K, D, H, W) float32, see `Predictor`. predicted: the network's label values uint8, the pseudo-label
    too. alpha, beta: weight of the given and of the predicted label, float32, in multiples of a pixel's weight in plain
    training, 0 outside the crop: those that training gave (see `read_training_weights`) or, with a judge, those
    of the network itself (see `final_weights`); None where there are none.
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
    predictor: Predictor,
    dataset: Dataset,
    case: str,
    labels: str,
    *,
    judge: Judge | None = None,
    kept: np.ndarray | None = None,
) -> CaseUnderNetwork:
    """Predict a case, and with a judge weigh the mask of it in folder `labels`; no other mask of it is read.

    kept: weights (K, D, S, S) of its slices that are there already, in place of a judge's. Raises DataError where a
    file cannot be used, image and mask differ in grid, the kept weights are of other slices, or the prediction is not
    finite.
    """
    image, small = case_image(dataset, case, predictor.options), case_mask(dataset, case, predictor.options, labels)
    require_same_cut(case, image.cut, small.cut, labels)
    mask = case_labels(dataset, case, labels)
    slices, cut = np.asarray(image.array, np.float32), image.cut
    weighed = [] if kept is None else list(kept)
    if judge is None:
        maps = predictor.predict_slices(slices)
    else:
        found = final_weights(predictor, judge, slices, np.asarray(small.array))
        maps, weighed = found.probability, [found.alpha, found.beta]
    if any(part.shape != small.array.shape for part in weighed):
        shape = "x".join(map(str, weighed[0].shape))
        raise DataError(f"{case}: the run's training weights are of slices {shape}; its image was another in training")
    weights = [cut.undo(to_native(part, cut.sizes[1:], predictor.options)) for part in weighed]
    probability = predictor.to_native(maps, cut)
    if not np.isfinite(probability).all():
        raise DataError(f"{case}: the network's prediction is not finite; its training has diverged")
    return CaseUnderNetwork(case, labels, mask, cut, probability, predictor.label_map(probability), *weights)
