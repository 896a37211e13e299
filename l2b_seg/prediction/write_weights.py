"""alpha, beta and pseudo-label of a case as NIfTI files beside its image."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from l2b_data.cases.dataset import ENDING
from l2b_data.cases.label_map import own_values
from l2b_data.errors import DataError
from l2b_data.images.volume import read_volume, write_volume
from l2b_seg.prediction.trained_run import TrainedRun


@dataclass(frozen=True)
class WrittenWeights:
    """What `write_weights` wrote: name -> file, the folder of the given mask, and shares in [0, 1].

    alpha_share: of all weight in the case, that on the given mask; beta has the rest. disputed: voxels where given mask
    and pseudo-label differ, of those where either has a class. alpha_share_disputed: alpha's share there. Shares of
    nothing are None.
    """

    files: dict[str, Path]
    given: str
    alpha_share: float | None
    disputed: float | None
    alpha_share_disputed: float | None


def write_weights(run: TrainedRun, case: str, out: Path) -> WrittenWeights:
    """Write OUT/CASE_alpha, _beta, _pseudo, _probability and _given .nii.gz on the grid of the case's image.

    alpha and beta are float32 multiples of a pixel's weight in plain training (see `trust_maps`), bilinear from the
    network's size, 0 outside the recipe's crop. pseudo and given are label maps in the values of the user's own masks,
    probability float32 that of all foreground. The given mask is what the run was trained on; of a case outside
    training it is the clean one.
    Raises DataError where the case or its files are missing or unusable, ConfigError for a run without clean cases.
    """
    view = run.view(case, weighted=True)
    assert view.alpha is not None
    assert view.beta is not None
    grid = read_volume(run.dataset.image_path(case))
    maps = {
        "alpha": view.alpha,
        "beta": view.beta,
        "pseudo": own_values(view.predicted, run.dataset.values),
        "probability": view.foreground,
        "given": own_values(view.given, run.dataset.values),
    }
    files = {name: out / f"{case}_{name}{ENDING}" for name in maps}
    inputs = {path.resolve() for path in (*run.dataset.image_paths(case), run.dataset.label_path(case, view.labels))}
    if taken := [str(path) for path in files.values() if path.resolve() in inputs]:
        raise DataError(f"--out {out}: would replace {', '.join(taken)}; name another folder")
    for name, array in maps.items():
        write_volume(grid.with_array(array), files[name])
    differ = view.given != view.predicted
    either = int(np.count_nonzero((view.given > 0) | (view.predicted > 0)))
    disputed = int(np.count_nonzero(differ)) / either if either else None
    of_all, there = _share(view.alpha, view.beta), _share(view.alpha[differ], view.beta[differ])
    return WrittenWeights(files, view.labels, of_all, disputed, there)


def _share(alpha: np.ndarray, beta: np.ndarray) -> float | None:
    given, pseudo = float(alpha.sum(dtype=np.float64)), float(beta.sum(dtype=np.float64))
    return given / (given + pseudo) if given + pseudo > 0 else None
