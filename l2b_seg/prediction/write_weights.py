"""Trust, training weights, pseudo-label of a case as NIfTI files beside its image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import ENDING
from l2b_data.cases.label_map import own_values
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.prediction.case_under_network import case_under_network
from l2b_seg.prediction.trained_run import TrainedRun, WeightsOf
from l2b_seg.prediction.trust import trust
from l2b_seg.prediction.unseen import fitted_temperature, unseen_by


@dataclass(frozen=True)
class WrittenTrust:
    """Which network, that did not see the case, trust is from, and the temperature of its probabilities.

    calibrated_on: the cases that was fitted on, in words. below_half: share of the voxels with a class, given or
    predicted by it, whose given label has a trust below one half; None where there are none.
    """

    judged_by: str
    temperature: float
    calibrated_on: str
    below_half: float | None


@dataclass(frozen=True)
class WrittenWeights:
    """What `write_weights` wrote: name -> file, the folder of the given mask, and shares in [0, 1].

    weights: whose alpha and beta they are, None where there are none. alpha_share: of all weight in the case, that on
    the given mask; beta has the rest. disputed: voxels where given mask and pseudo-label differ, of those where either
    has a class. alpha_share_disputed: alpha's share there. Shares of nothing are None. trust: None where every network
    there is saw the case.
    """

    files: dict[str, Path]
    given: str
    weights: WeightsOf | None
    alpha_share: float | None
    disputed: float | None
    alpha_share_disputed: float | None
    trust: WrittenTrust | None


def write_weights(run: TrainedRun, case: str, out: Path) -> WrittenWeights:
    """Write OUT/CASE_trust, _alpha, _beta, _pseudo, _probability and _given .nii.gz on the grid of the case's image.

    trust: float32 probability in [0, 1] that the given label is right, under a network that did not see the case (see
    `unseen_by`); without one it is left out. alpha and beta are training weights, float32 multiples of a pixel's weight
    in plain training: what the run gave the two labels in training, or what its last network would (`weighted_view`);
    bilinear from the network's size, 0 outside the recipe's crop; left out where there are none. pseudo and given are
    label maps in the values of the user's own masks, probability float32 that of all foreground under the run's own
    network. The given mask is what the run was trained on; of a case outside training it is the clean one.
    Raises DataError where the case or its files are missing or unusable.
    """
    view, weights_of = run.weighted_view(case)
    grid = read_volume(run.dataset.image_path(case))
    trusted = _trust(run, case, view.labels)
    maps = {
        "trust": None if trusted is None else trusted[0],
        "alpha": view.alpha,
        "beta": view.beta,
        "pseudo": own_values(view.predicted, run.dataset.values),
        "probability": view.foreground,
        "given": own_values(view.given, run.dataset.values),
    }
    files = {name: out / f"{case}_{name}{ENDING}" for name, array in maps.items() if array is not None}
    inputs = {path.resolve() for path in (*run.dataset.image_paths(case), run.dataset.label_path(case, view.labels))}
    if taken := [str(path) for path in files.values() if path.resolve() in inputs]:
        raise DataError(f"--out {out}: would replace {', '.join(taken)}; name another folder")
    for name, array in maps.items():
        if array is not None:
            write_volume(grid.with_array(array), files[name])
    differ = view.given != view.predicted
    either = int(np.count_nonzero((view.given > 0) | (view.predicted > 0)))
    return WrittenWeights(
        files,
        view.labels,
        weights_of,
        alpha_share=_share(view.alpha, view.beta),
        disputed=int(np.count_nonzero(differ)) / either if either else None,
        alpha_share_disputed=_share(view.alpha, view.beta, differ),
        trust=None if trusted is None else trusted[1],
    )


def _trust(run: TrainedRun, case: str, labels: str) -> tuple[np.ndarray, WrittenTrust] | None:
    """Trust (D, H, W) in the mask of a case in folder `labels`, and where from; None where every network saw it."""
    network = unseen_by(run, case)
    if network is None:
        return None
    fitted, on = fitted_temperature(run, network, but=case)
    view = case_under_network(network.predictor, run.dataset, case, labels)
    found = trust(view.probability, view.given, fitted)
    shown = (view.given > 0) | (view.predicted > 0)
    below = float((found[shown] < 0.5).mean()) if shown.any() else None
    return found, WrittenTrust(network.name, fitted, on, below)


def _share(alpha: np.ndarray | None, beta: np.ndarray | None, where: np.ndarray | None = None) -> float | None:
    """alpha's share of the weight, in the voxels `where`; None where either has none."""
    if alpha is None or beta is None:
        return None
    given, pseudo = (float((part if where is None else part[where]).sum(dtype=np.float64)) for part in (alpha, beta))
    return given / (given + pseudo) if given + pseudo > 0 else None
