"""Which losses belong to the lower of two groups: the small-loss rule for samples whose labels may be wrong."""

import warnings
from dataclasses import dataclass

import numpy as np

_TINY = 1e-6


@dataclass(frozen=True)
class CleanMixture:
    """Two Gaussians on losses scaled to [0, 1], the lower one first; mean, std and weight are () where none was fitted.

    posterior (N,) float64 in [0, 1]: of the lower one.
    """

    posterior: np.ndarray
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    weight: tuple[float, ...] = ()


def clean_mixture(losses: np.ndarray, *, max_iter: int = 10, tol: float = 1e-2) -> CleanMixture:
    """The mixture of the losses (N,), k-means start, reg_covar 5e-4; posterior 1 for all where they do not differ.

    The rule of DivideMix (Li et al. 2020), which L2B (CVPR 2024) names for a meta set without clean samples. `max_iter`
    and `tol` default to DivideMix's. The k-means start is drawn under a fixed seed: same losses, same posterior.
    Raises ValueError where a loss is not finite.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    if not np.isfinite(losses).all():
        raise ValueError(f"{int((~np.isfinite(losses)).sum())} of {len(losses)} losses are not finite")
    spread = float(np.ptp(losses)) if len(losses) else 0.0
    if spread < _TINY or len(losses) < 2:
        return CleanMixture(np.ones(len(losses)))
    scaled = ((losses - losses.min()) / spread)[:, None].astype(np.float64)
    mixture = GaussianMixture(2, max_iter=max_iter, tol=tol, reg_covar=5e-4, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the published rule stops after max_iter rounds
        mixture.fit(scaled)
    order = np.argsort(mixture.means_[:, 0], kind="stable")
    mean, std = mixture.means_[order, 0], np.sqrt(mixture.covariances_[order, 0, 0])
    posterior = mixture.predict_proba(scaled)[:, order[0]]
    return CleanMixture(posterior, tuple(mean.tolist()), tuple(std.tolist()), tuple(mixture.weights_[order].tolist()))
